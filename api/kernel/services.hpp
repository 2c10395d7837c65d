#pragma once

#include "api/http/cursor.hpp"
#include "api/kernel/command_peers.hpp"
#include "commands/identity/access_directory.hpp"
#include "commands/kernel/command_bus.hpp"
#include "commands/ports/environment.hpp"
#include "projections/kernel/projection_lag.hpp"
#include "projections/kernel/query_reader.hpp"
#include "projections/kernel/visibility.hpp"

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace annals::api {

/// Who sends a request, as their access token says.
struct Principal {
    UserId user{};
    std::optional<TenantId> tenant{};  ///< the organization the session acts in
    SessionId session{};
    std::int64_t expires_at_s{0};
};

/// Mints and verifies access tokens. Thread-safe, does not block.
class AccessTokens {
public:
    virtual ~AccessTokens() = default;
    virtual std::optional<Principal> verify(std::string_view token, Instant now) = 0;
    /// Fills in `expires_at_s`.
    virtual std::string mint(Principal& principal, Instant now) = 0;
    [[nodiscard]] virtual std::int64_t lifetime_s() const = 0;
    [[nodiscard]] virtual std::string jwks() const = 0;  ///< RFC 7517
};

/// Passwords are slow on purpose, so they have threads of their own. Thread-safe.
class Passwords {
public:
    virtual ~Passwords() = default;
    /// Runs the job on a hashing thread, where `hash` and `verify` may be called; otherwise as Workers.
    virtual bool submit(std::move_only_function<void()> job, std::move_only_function<void()> give_up) = 0;
    virtual std::string hash(const std::string& password) = 0;
    /// Against no hash it takes as long as against a wrong one, and fails.
    virtual bool verify(const std::optional<std::string>& hash, const std::string& password) = 0;
    /// A sentence why the password is too weak for somebody with this e-mail address; nothing when it is not.
    virtual std::optional<std::string> weakness(const std::string& password, const std::string& email) = 0;
};

/// Threads for what blocks: queries. Thread-safe.
class Workers {
public:
    virtual ~Workers() = default;
    /// False when too many jobs wait, or wait too long: then neither is called. Otherwise either `job` runs,
    /// or `give_up` when no thread came to it in time.
    virtual bool submit(std::move_only_function<void()> job, std::move_only_function<void()> give_up) = 0;
};

/// The one-time token of a new installation. Thread-safe.
class Bootstrap {
public:
    virtual ~Bootstrap() = default;
    /// True when the text is the token of this installation.
    virtual bool matches(std::string_view token) = 0;
};

/// Named times of the API beside those of api/http/limits.hpp.
inline constexpr std::int64_t kMinPositionWaitMs = 2'000;  ///< a query waits this long for its min_position
inline constexpr std::size_t kCommandBatchMax = 1'000;
inline constexpr std::uint32_t kRetryAfterS = 1;

/// What the routes work with. All of it lives as long as the server.
struct Services {
    CommandBus& bus;
    QueryReader& reader;
    Visibility& visibility;
    ProjectionProgressReader& projections;
    AccessDirectory& directory;
    AccessTokens& tokens;
    Passwords& passwords;
    Workers& workers;
    Bootstrap& bootstrap;
    Clock& clock;
    IdSource& ids;
    Cryptography& cryptography;
    http::CursorCodec& cursors;
    std::uint16_t partitions{8};
    std::int64_t session_lifetime_s{0};  ///< from the login on, however often it is refreshed
    /// Logs a failure that became a 5xx; `code` is unique for each site.
    std::function<void(std::string_view code, const std::string& detail, const std::string& request_id)>
        report;
    CommandPeers* peers{nullptr};  ///< null: all commands are decided here
};

}  // namespace annals::api
