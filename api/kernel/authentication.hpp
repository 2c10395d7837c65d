#pragma once

#include "api/http/problem.hpp"
#include "api/kernel/services.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace annals::api {

/// The principal of a request's bearer token, or 401. Looks at the token alone and does not block.
std::expected<Principal, http::Problem> authenticate(
    const http::Request& request, AccessTokens& tokens, Instant now
);

/// What was found out about a session in a realm, believed for a few seconds: so a revoked session
/// or a removed member is out after that time on every process, and most requests need no look-up.
/// Thread-safe.
class AccessChecks {
public:
    struct Verdict {
        bool session_active{false};
        std::vector<organizations::Role> roles{};  ///< in the realm; empty for no member
    };
    static constexpr std::size_t kVerdictsMax = 100'000;

    /// A verdict is believed for `lifetime_ms`.
    AccessChecks(AccessDirectory& directory, std::int64_t lifetime_ms)
        : directory_(directory), lifetime_ms_(lifetime_ms) {}

    /// What is known and fresh; never blocks.
    std::optional<Verdict> known(const Principal& principal, TenantId realm, std::int64_t now_ms);
    /// Looks it up; blocks, and throws StoreUnavailable.
    Verdict look_up(const Principal& principal, TenantId realm, Instant now, std::int64_t now_ms);

private:
    struct Key {
        UserId user;  // a verdict is about a person: the session alone would let one stand for another
        SessionId session;
        TenantId realm;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<SessionId>{}(key.session) ^ std::hash<TenantId>{}(key.realm);
        }
    };
    struct Entry {
        Verdict verdict;
        std::int64_t found_at_ms{0};
    };

    AccessDirectory& directory_;
    const std::int64_t lifetime_ms_;
    std::mutex mutex_;
    std::unordered_map<Key, Entry, KeyHash> entries_;
};

/// Milliseconds of a clock that only goes forward.
std::int64_t steady_ms();

}  // namespace annals::api
