#pragma once

#include "domain/kernel/ids.hpp"
#include "infra/bench/http_client.hpp"

#include <array>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::bench {

/// Everything a person of the team day may do. The report has a line for each.
enum class Deed : std::uint8_t {
    create_project,
    rename_project,
    create_task,
    update_task,
    edit_at_version,  ///< with If-Match of the version last seen
    move_task,
    move_by_command_form,  ///< POST /commands instead of the resource route
    assign_task,
    unassign_task,
    stale_version,      ///< with If-Match of a version that is no more
    repeat_same_body,   ///< the same Idempotency-Key and body again
    repeat_other_body,  ///< the same Idempotency-Key with another body
    repeat_at_once,     ///< the same request on two connections at the same time
    resend_after_drop,  ///< after a connection that dropped before the answer
    malformed_body,
    oversized_body,
    wrong_media_type,
    wrong_method,
    wrong_token,
    foreign_id,  ///< of another organization
    viewer_writes,
    drop_in_request,  ///< the connection ends in the middle of the request
    drop_before_answer,
    read_own_write,
    read_list,
};
inline constexpr std::size_t kDeedCount = static_cast<std::size_t>(Deed::read_list) + 1;
std::string_view to_string(Deed deed);

/// What is known about an attempt to change something.
enum class Fate : std::uint8_t {
    acknowledged,  ///< answered 2xx: must be there, once, where the answer said
    refused,       ///< must not be there
    unknown,       ///< no answer came: may be there once
};

/// One attempt to change something and what came of it.
struct Attempt {
    Deed deed{};
    Fate fate{Fate::unknown};
    std::size_t organization{0};
    std::uint64_t marker{0};                ///< number that stands in the text it writes; 0: none
    std::optional<CommandId> command_id{};  ///< that the client chose and used for nothing else
    bool must_change{false};                ///< acknowledged, it has an event of its own
    Uuid id{};                              ///< acknowledged: of the answer
    StreamVersion version{0};
    Position position{};
};

/// What one person did and saw.
struct Ledger {
    struct Count {
        std::uint64_t acknowledged{0}, refused{0}, unknown{0}, surprising{0};
    };
    std::vector<Attempt> attempts{};
    std::array<Count, kDeedCount> counts{};
    std::map<std::string, std::uint64_t> codes{};  ///< answers by status and problem code
    std::uint64_t server_errors{0};                ///< answers with 5xx that were not to be expected
    std::uint64_t logged_in_again{0};              ///< because a token was turned away
    std::uint64_t surprises_total{0};
    std::vector<std::string> surprises{};  ///< the first kSurprisesKeptMax
    std::vector<std::uint32_t> latencies_us{};

    static constexpr std::size_t kSurprisesKeptMax = 20;

    void surprise(Deed deed, std::string what);
    /// Counts an answer that was to be expected in a run with faults: lost, unavailable, or in progress.
    void count_code(const std::expected<HttpAnswer, Lost>& answer);
    /// Counts an answer; whether it is one of those expected: problem codes, or "OK" for 2xx. Anything else
    /// is noted as a surprise, with `what` was tried.
    bool expect(
        Deed deed, const HttpAnswer& answer, std::initializer_list<std::string_view> expected,
        const std::string& what
    );
    void add(const Ledger& other);
};

}  // namespace annals::bench
