#include "infra/bench/person_day.hpp"

#include <array>
#include <fmt/format.h>
#include <thread>

namespace annals::bench {
namespace {

constexpr std::size_t kOversizedBytes = (1 << 20) + 1;
constexpr std::size_t kDeepLevels = 200;
constexpr int kResendsMax = 50;
constexpr std::chrono::milliseconds kResendPause{20};
constexpr StreamVersion kFarVersion = 1'000'000;
/// The server counts whole seconds of its own clock.
constexpr std::chrono::seconds kClockMargin{2};

/// A body that no task can be made of; `title` is a good title in quotes.
std::string bad_body(std::uint64_t kind, const std::string& title) {
    switch (kind) {
        case 0:
            return R"({"title":)" + title;
        case 1:
            return R"({"title":)" + title + R"(,"titel":"x"})";
        case 2:
            return R"({"title":)" + title + R"(,"title":)" + title + "}";
        case 3:
            return R"({"title":)" + title + "} {}";
        case 4:
            return R"({"title":)" + title + R"(,"priority":"whenever"})";
        case 5:
            return R"({"title":)" + title + R"(,"labels":"garden"})";
        case 6:
            return R"({"title":)" + title + R"(,"due":"2026-02-30"})";
        case 7:
            return R"({"title":)" + title + R"(,"estimate_min":-1})";
        case 8:
            return R"({"title":)" + title + R"(,"estimate_min":1e400})";
        case 9:
            return "{\"title\":\"\xC3\x28\"}";
        case 10:
            return R"({"title":)" + std::string(kDeepLevels, '[') + std::string(kDeepLevels, ']') + "}";
        case 11:
            return R"({"title":"   "})";
        case 12:
            return R"({"title":7})";
        case 13:
            return R"({"title":")" + std::string(256, 'x') + R"("})";
        case 14:
            return R"({"title":"a\u0000b"})";
        case 15:
            return "[]";
        case 16:
            return "null";
        default:
            return R"({"title":)" + title + R"(,"start":"2026-05-02","due":"2026-05-01"})";
    }
}
constexpr std::uint64_t kBadBodies = 18;

/// A token with one letter of its signature changed.
std::string forged(std::string token) {
    if (token.size() < 20) return token;
    char& letter = token[token.size() - 10];
    letter = letter == 'A' ? 'B' : 'A';
    return token;
}

}  // namespace

/// No answer is as good as a refusal here: nothing may come of it either way.
void PersonDay::send_in_vain(const Draft& draft, Codes expected) {
    const auto answer = ask(draft, draft.key.has_value());
    ++attempts_made_;
    auto& count = ledger_.counts[static_cast<std::size_t>(draft.deed)];
    if (client_.is_patient() && is_unresolved(answer)) {
        ledger_.count_code(answer);
    } else if (answer) {
        count_answer(draft, *answer, expected);
    }
    ++(answer ? count.refused : count.unknown);
    ledger_.attempts.push_back(
        {.deed = draft.deed,
         .fate = Fate::refused,
         .organization = person_.organization,
         .marker = draft.marker,
         .command_id = draft.key}
    );
}

void PersonDay::stale_version() {
    const auto task = own().known.some_task(chance_);
    if (!task) return create_task();
    auto draft = draft_title(Deed::stale_version, *task);
    draft->if_match = task->version > 1 ? task->version - 1 : kFarVersion;
    (void)send(*draft, {"VERSION_CONFLICT"});
}

void PersonDay::repeat_same_body() {
    auto draft = draft_task(Deed::repeat_same_body);
    if (!draft) return;
    draft->key = new_key();
    const auto first = send(*draft, {"OK"});
    remember_task(*draft, first);
    if (!first) return;
    Draft again = *draft;
    again.marker = 0;
    const auto second = send(again, {"OK"});
    if (!second) return;
    if (second->id != first->id || second->version != first->version || second->position != first->position) {
        ledger_.surprise(
            Deed::repeat_same_body, "another answer to the same key: " + second->position.to_string()
        );
    }
    last_write_is_task_ = true;
}

void PersonDay::repeat_other_body() {
    auto draft = draft_task(Deed::repeat_other_body);
    if (!draft) return;
    draft->key = new_key();
    const auto first = send(*draft, {"OK"});
    remember_task(*draft, first);
    if (!first) return;
    Draft other = *draft;
    other.marker = new_marker();
    other.body = with_title(other.marker);
    const auto answer = ask(other, true);
    other.key.reset();  // it stands for the first one, which is there
    (void)note(other, answer, {"IDEMPOTENCY_MISMATCH"});
}

void PersonDay::repeat_at_once() {
    auto draft = draft_task(Deed::repeat_at_once);
    if (!draft) return;
    draft->key = new_key();
    const std::string bytes = bytes_of(*draft);
    HttpClient& own = client_.current();
    HttpClient twin(own.endpoint(), settings_.patience.answer_wait);
    (void)own.send(bytes);
    (void)twin.send(bytes);
    auto one = own.receive();
    const auto two = twin.receive();
    // With a server lost, both may leave it open what became of the command.
    if (client_.is_patient() && is_unresolved(one) && is_unresolved(two)) one = ask(*draft, true);
    // Whichever came second may be told that the first is being carried out.
    const bool first_won = one && one->status < 300;
    remember_task(*draft, note(*draft, first_won ? one : two, {"OK"}));
    Draft again = *draft;
    again.marker = 0;
    again.key.reset();
    (void)note(again, first_won ? two : one, {"OK", "IN_PROGRESS"});
    last_write_is_task_ = last_write_.has_value();
    if (one && two && one->status < 300 && two->status < 300 && one->body != two->body) {
        ledger_.surprise(Deed::repeat_at_once, "two answers to one key: " + one->body + " and " + two->body);
    }
}

void PersonDay::malformed_body() {
    auto draft = draft_task(Deed::malformed_body);
    if (!draft) return;
    const std::string title = "\"" + marker_text(settings_.run, draft->marker) + " malformed\"";
    draft->body = bad_body(chance_() % kBadBodies, title);
    if (in(20)) draft->path = "commands";
    if (!person_.may_write())
        return send_in_vain(*draft, {"MALFORMED_JSON", "VALIDATION_FAILED", "FORBIDDEN"});
    send_in_vain(*draft, {"MALFORMED_JSON", "VALIDATION_FAILED"});
}

void PersonDay::oversized_body() {
    auto draft = draft_task(Deed::oversized_body);
    if (!draft) return;
    draft->body = with_title(draft->marker, R"(,"description":")" + std::string(kOversizedBytes, 'x') + "\"");
    send_in_vain(*draft, {"PAYLOAD_TOO_LARGE"});
}

void PersonDay::wrong_media_type() {
    auto draft = draft_task(Deed::wrong_media_type);
    if (!draft) return;
    static constexpr auto kTypes = std::to_array<std::string_view>(
        {"text/plain", "application/xml", "application/x-www-form-urlencoded",
         "application/json; charset=utf-16", "json"}
    );
    draft->content_type = kTypes[chance_() % kTypes.size()];
    send_in_vain(*draft, {"UNSUPPORTED_MEDIA_TYPE"});
}

void PersonDay::wrong_method() {
    auto draft = draft_task(Deed::wrong_method);
    if (!draft) return;
    draft->method = in(50) ? "PUT" : "DELETE";
    send_in_vain(*draft, {"METHOD_NOT_ALLOWED"});
}

void PersonDay::wrong_token() {
    auto draft = draft_task(Deed::wrong_token);
    if (!draft) return;
    switch (chance_() % 5) {
        case 0:
            draft->token = "";
            break;
        case 1:
            draft->token = "not-a-token";
            break;
        case 2:
            draft->token = forged(person_.access_token);
            break;
        case 3:
            draft->token =
                "eyJhbGciOiJub25lIn0." + person_.access_token.substr(person_.access_token.find('.') + 1);
            break;
        default:
            draft->token = forged(person_.refresh_token);
            break;
    }
    const bool has_expired = std::chrono::steady_clock::now() > person_.spent_at + kClockMargin;
    // A server whose clock was set back may honour it.
    if (!person_.spent_token.empty() && has_expired && !client_.is_patient())
        draft->token = person_.spent_token;
    send_in_vain(*draft, {"UNAUTHENTICATED"});
}

void PersonDay::foreign_id() {
    if (team_.size() < 2) return create_task();
    const std::size_t step = 1 + chance_() % (team_.size() - 1);
    const Organization& other = *team_[(person_.organization + step) % team_.size()];
    const auto project = other.known.project(0);
    const auto task = other.known.some_task(chance_);
    if (!project || !task) return;
    const std::string task_id = task->id.to_string();
    const std::string project_id = project->id.to_string();
    Draft draft{.deed = Deed::foreign_id, .marker = new_marker(), .key = new_key()};
    draft.body = with_title(draft.marker);
    switch (chance_() % 9) {
        case 0:
            return (void)read(Deed::foreign_id, "tasks/" + task_id, {"NOT_FOUND"});
        case 1:
            return (void)read(Deed::foreign_id, "tasks/" + task_id + "/history", {"NOT_FOUND"});
        case 2:
            return (void)read(Deed::foreign_id, "projects/" + project_id + "/board", {"NOT_FOUND"});
        case 3:
            return (void)read(Deed::foreign_id, "orgs/" + other.id.to_string(), {"NOT_FOUND"});
        case 4:
            draft.path = "projects/" + project_id + "/tasks";
            break;
        case 5:
            draft.path = "tasks/" + task_id + "/move";
            draft.body = fmt::format(R"({{"column":"{}"}})", project->columns.front().to_string());
            break;
        case 6:
            draft.path = "tasks/" + task_id + "/assign";
            draft.body = fmt::format(R"({{"members":["{}"]}})", person_.user.to_string());
            break;
        case 7:
            draft.method = "PATCH";
            draft.path = "orgs/" + other.id.to_string();
            draft.body =
                fmt::format(R"({{"name":"{} taken over"}})", marker_text(settings_.run, draft.marker));
            break;
        default:
            draft.method = "PATCH";
            draft.path = "tasks/" + task_id;
    }
    if (!person_.may_write()) return send_in_vain(draft, {"NOT_FOUND", "FORBIDDEN"});
    send_in_vain(draft, {"NOT_FOUND"});
}

void PersonDay::viewer_writes() {
    const auto task = own().known.some_task(chance_);
    auto draft = task && in(50) ? draft_title(Deed::viewer_writes, *task) : draft_task(Deed::viewer_writes);
    if (draft) send_in_vain(*draft, {"FORBIDDEN"});
}

void PersonDay::drop_in_request() {
    auto draft = draft_task(Deed::drop_in_request);
    if (!draft) return;
    const std::string bytes = bytes_of(*draft);
    (void)client_.current().send(std::string_view(bytes).substr(0, 1 + chance_() % (bytes.size() - 1)));
    client_.current().drop();
    ++attempts_made_;
    ++ledger_.counts[static_cast<std::size_t>(draft->deed)].unknown;
    ledger_.attempts.push_back(
        {.deed = draft->deed,
         .fate = Fate::refused,
         .organization = person_.organization,
         .marker = draft->marker,
         .command_id = draft->key}
    );
}

void PersonDay::drop_before_answer() {
    auto draft = draft_task(Deed::drop_before_answer);
    if (!draft) return;
    draft->key = new_key();
    const bool sent = client_.current().send(bytes_of(*draft));
    client_.current().drop();
    if (sent && in(50)) return resend(std::move(*draft));
    ++attempts_made_;
    ++ledger_.counts[static_cast<std::size_t>(draft->deed)].unknown;
    ledger_.attempts.push_back(
        {.deed = draft->deed,
         .fate = Fate::unknown,
         .organization = person_.organization,
         .marker = draft->marker,
         .command_id = draft->key}
    );
}

/// As a careful client does it: the same key and body again, until there is an answer.
void PersonDay::resend(Draft draft) {
    draft.deed = Deed::resend_after_drop;
    std::expected<HttpAnswer, Lost> answer = std::unexpected(Lost::closed);
    for (int i = 0; i < kResendsMax; ++i) {
        answer = ask(draft, true);
        if (client_.is_patient()) break;  // it has waited long enough
        if (answer && read_problem_code(answer->body) != "IN_PROGRESS") break;
        std::this_thread::sleep_for(kResendPause);
    }
    remember_task(draft, note(draft, answer, {"OK"}));
}

}  // namespace annals::bench
