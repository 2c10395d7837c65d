#include "infra/bench/person_day.hpp"

#include <chrono>
#include <fmt/format.h>
#include <stdexcept>
#include <thread>

namespace annals::bench {
namespace {

constexpr int kUnauthenticated = 401;
constexpr int kLoginsMax = 3;  ///< for one request

}  // namespace

bool PersonDay::keep_session() {
    if (keep_logged_in(client_.current(), person_)) return true;
    if (!client_.is_patient()) return false;
    client_.move_on();
    log_in_again();
    return true;
}

/// As long as the day goes on: a system that is down for everybody is no reason to go home.
void PersonDay::log_in_again() {
    const auto& organization = team_[person_.organization];
    while (is_open()) {
        try {
            return log_in(client_.current(), person_, organization->id);
        } catch (const std::runtime_error&) {
            client_.move_on();
            std::this_thread::sleep_for(kTryPauseMax);
        }
    }
}

std::expected<HttpAnswer, Lost> PersonDay::ask(const Draft& draft, bool repeatable) {
    auto answer = client_.exchange(bytes_of(draft), repeatable);
    for (int i = 0; i < kLoginsMax && was_turned_away(draft, answer); ++i) {
        ++ledger_.logged_in_again;
        client_.move_on();
        log_in_again();
        answer = client_.exchange(bytes_of(draft), repeatable);
    }
    return answer;
}

/// A server whose clock is wrong turns good tokens away and issues such as others turn away; so does one that
/// saw a refresh whose answer was lost. People log in again.
bool PersonDay::was_turned_away(const Draft& draft, const std::expected<HttpAnswer, Lost>& answer) const {
    return client_.is_patient() && answer && answer->status == kUnauthenticated && !draft.token;
}

void PersonDay::count_answer(const Draft& draft, const HttpAnswer& answer, Codes expected) {
    if (was_turned_away(draft, answer)) return ledger_.count_code(answer);
    (void)ledger_.expect(draft.deed, answer, expected, fmt::format("{} {}", draft.method, draft.path));
}

std::string PersonDay::bytes_of(const Draft& draft) const {
    std::vector<std::string> headers;
    const std::string& token = draft.token ? *draft.token : person_.access_token;
    if (!token.empty()) headers.push_back("Authorization: Bearer " + token);
    if (!draft.body.empty()) headers.push_back("Content-Type: " + draft.content_type);
    if (draft.key) headers.push_back("Idempotency-Key: " + draft.key->to_string());
    if (draft.if_match) headers.push_back(fmt::format("If-Match: \"{}\"", *draft.if_match));
    return write_request(settings_.apis.front(), draft.method, "/api/v1/" + draft.path, headers, draft.body);
}

std::optional<CommandAnswered> PersonDay::note(
    const Draft& draft, const std::expected<HttpAnswer, Lost>& answer, Codes expected
) {
    ++attempts_made_;
    Attempt attempt{
        .deed = draft.deed,
        .organization = person_.organization,
        .marker = draft.marker,
        .command_id = draft.key
    };
    auto& count = ledger_.counts[static_cast<std::size_t>(draft.deed)];
    std::optional<CommandAnswered> answered;
    if (client_.is_patient() && is_unresolved(answer)) {
        ++count.unknown;
        ledger_.count_code(answer);
    } else if (!answer) {
        ++count.unknown;
        ledger_.surprise(draft.deed, fmt::format("no answer ({})", to_string(answer.error())));
    } else {
        count_answer(draft, *answer, expected);
        if (answer->status < 300) answered = read_command_answer(answer->body);
        if (answer->status < 300 && !answered) ledger_.surprise(draft.deed, "not an answer: " + answer->body);
        attempt.fate = answer->status < 300   ? Fate::acknowledged
                       : answer->status < 500 ? Fate::refused
                                              : Fate::unknown;
        ++(answered ? count.acknowledged : answer->status < 500 ? count.refused : count.unknown);
    }
    if (answered) {
        attempt.id = answered->id;
        attempt.version = answered->version;
        attempt.position = answered->position;
        attempt.must_change = draft.must_change;
        last_write_ = answered;
        last_write_is_task_ = false;
        if (settings_.acks != nullptr) settings_.acks->acknowledged(client_.index());
    }
    ledger_.attempts.push_back(attempt);
    return answered;
}

std::optional<CommandAnswered> PersonDay::send(const Draft& draft, Codes expected) {
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = ask(draft, draft.key.has_value());
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    auto answered = note(draft, answer, expected);
    if (answered) ledger_.latencies_us.push_back(static_cast<std::uint32_t>(took.count()));
    return answered;
}

std::optional<HttpAnswer> PersonDay::read(Deed deed, const std::string& path, Codes expected) {
    auto& count = ledger_.counts[static_cast<std::size_t>(deed)];
    const Draft draft{.deed = deed, .method = "GET", .path = path};
    auto answer = ask(draft, true);
    if (client_.is_patient() && is_unresolved(answer)) {
        ++count.unknown;
        ledger_.count_code(answer);
        return std::nullopt;
    }
    if (!answer) {
        ++count.unknown;
        ledger_.surprise(deed, fmt::format("GET {}: no answer ({})", path, to_string(answer.error())));
        return std::nullopt;
    }
    count_answer(draft, *answer, expected);
    if (answer->status >= 300) {
        ++count.refused;
        return std::nullopt;
    }
    ++count.acknowledged;
    return std::move(*answer);
}

}  // namespace annals::bench
