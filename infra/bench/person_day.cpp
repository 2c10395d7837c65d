#include "infra/bench/person_day.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <thread>

namespace annals::bench {
namespace {

constexpr auto kThings = std::to_array<std::string_view>(
    {"boiler", "invoice", "fence", "website", "contract", "elevator", "café terrace", "Überweisung",
     "покрівля", "棚卸し", "backup", "🚲 rack"}
);
constexpr auto kVerbs = std::to_array<std::string_view>({"Fix", "Check", "Order", "Paint", "Review", "Move"});
constexpr auto kPriorities = std::to_array<std::string_view>({"urgent", "high", "medium", "low", "none"});

constexpr unsigned kChangesServer = 5;  ///< of a hundred deeds

/// A board whose third column fills up.
constexpr std::string_view kColumns =
    R"([{"name":"Ideas","category":"backlog"},{"name":"To do","category":"todo"},)"
    R"({"name":"Doing","category":"in_progress","wip_limit":12,"wip_mode":"block"},)"
    R"({"name":"Done","category":"done"}])";

}  // namespace

std::string marker_text(std::string_view run, std::uint64_t marker) {
    return fmt::format("td:{}:{};", run, marker);
}

PersonDay::PersonDay(const Team& team, Person& person, DaySettings settings)
    : team_(team),
      person_(person),
      settings_(std::move(settings)),
      client_(settings_.apis, person.number, settings_.patience),
      person_code_(person.organization * 1'000 + person.number + 1) {
    std::seed_seq seeds{
        static_cast<std::uint32_t>(settings_.seed), static_cast<std::uint32_t>(settings_.seed >> 32U),
        static_cast<std::uint32_t>(person_code_)
    };
    chance_.seed(seeds);
}

const std::vector<PersonDay::Habit>& PersonDay::habits_of_writers() {
    static const std::vector<Habit> kHabits{
        {Deed::create_task, 220, &PersonDay::create_task},
        {Deed::update_task, 160, &PersonDay::update_task},
        {Deed::edit_at_version, 120, &PersonDay::edit_at_version},
        {Deed::move_task, 120, &PersonDay::move_task},
        {Deed::move_by_command_form, 40, &PersonDay::move_by_command_form},
        {Deed::assign_task, 70, &PersonDay::assign_task},
        {Deed::unassign_task, 20, &PersonDay::unassign_task},
        {Deed::rename_project, 10, &PersonDay::rename_project},
        {Deed::create_project, 2, &PersonDay::create_project},
        {Deed::stale_version, 40, &PersonDay::stale_version},
        {Deed::repeat_same_body, 40, &PersonDay::repeat_same_body},
        {Deed::repeat_other_body, 20, &PersonDay::repeat_other_body},
        {Deed::repeat_at_once, 15, &PersonDay::repeat_at_once},
        {Deed::malformed_body, 30, &PersonDay::malformed_body},
        {Deed::oversized_body, 2, &PersonDay::oversized_body},
        {Deed::wrong_media_type, 10, &PersonDay::wrong_media_type},
        {Deed::wrong_method, 5, &PersonDay::wrong_method},
        {Deed::wrong_token, 15, &PersonDay::wrong_token},
        {Deed::foreign_id, 30, &PersonDay::foreign_id},
        {Deed::drop_in_request, 15, &PersonDay::drop_in_request},
        {Deed::drop_before_answer, 20, &PersonDay::drop_before_answer},
        {Deed::read_own_write, 60, &PersonDay::read_own_write},
        {Deed::read_list, 20, &PersonDay::read_list},
    };
    return kHabits;
}

const std::vector<PersonDay::Habit>& PersonDay::habits_of_viewers() {
    static const std::vector<Habit> kHabits{
        {Deed::viewer_writes, 70, &PersonDay::viewer_writes},
        {Deed::wrong_token, 10, &PersonDay::wrong_token},
        {Deed::foreign_id, 10, &PersonDay::foreign_id},
        {Deed::malformed_body, 10, &PersonDay::malformed_body},
        {Deed::read_own_write, 50, &PersonDay::read_own_write},
        {Deed::read_list, 50, &PersonDay::read_list},
    };
    return kHabits;
}

const PersonDay::Habit& PersonDay::next_habit() {
    const auto& habits = person_.may_write() ? habits_of_writers() : habits_of_viewers();
    std::uint64_t total = 0;
    for (const Habit& habit : habits) total += habit.weight;
    std::uint64_t drawn = chance_() % total;
    for (const Habit& habit : habits) {
        if (drawn < habit.weight) return habit;
        drawn -= habit.weight;
    }
    return habits.front();
}

void PersonDay::run() {
    next_deed_ = std::chrono::steady_clock::now();
    while (is_open()) {
        if (!keep_session()) {
            ledger_.surprise(Deed::wrong_token, person_.email + " could not refresh the session");
            return;
        }
        // Else everybody would end up at the server that was never killed.
        if (client_.is_patient() && in(kChangesServer)) client_.move_on();
        (this->*next_habit().act)();
        pause();
    }
}

bool PersonDay::is_open() const {
    const bool stopped = settings_.stop != nullptr && settings_.stop->load(std::memory_order_relaxed);
    return !stopped && attempts_made_ < settings_.commands &&
           std::chrono::steady_clock::now() < settings_.end;
}

/// Between half and one and a half of the interval. Time that a slow answer took is not made up for.
void PersonDay::pause() {
    if (settings_.interval.count() == 0) return;
    const auto share = static_cast<std::int64_t>(500 + chance_() % 1'001);
    next_deed_ = std::max(next_deed_ + settings_.interval * share / 1'000, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next_deed_);
}

CommandId PersonDay::new_key() {
    CommandId key;
    for (auto& byte : key.value.bytes) byte = static_cast<std::uint8_t>(chance_());
    key.value.bytes[6] = static_cast<std::uint8_t>(0x40U | (key.value.bytes[6] & 0x0FU));
    key.value.bytes[8] = static_cast<std::uint8_t>(0x80U | (key.value.bytes[8] & 0x3FU));
    return key;
}

std::string PersonDay::some_words() {
    return fmt::format("{} the {}", kVerbs[chance_() % kVerbs.size()], kThings[chance_() % kThings.size()]);
}

std::string PersonDay::with_title(std::uint64_t marker, std::string_view more) {
    return fmt::format(R"({{"title":"{} {}"{}}})", marker_text(settings_.run, marker), some_words(), more);
}

std::optional<PersonDay::Draft> PersonDay::draft_task(Deed deed) {
    const auto project = own().known.some_project(chance_);
    if (!project) return std::nullopt;
    Draft draft{.deed = deed, .path = "projects/" + own().known.project(*project)->id.to_string() + "/tasks"};
    draft.marker = new_marker();
    draft.must_change = true;
    if (!in(20)) draft.key = new_key();
    std::string more;
    if (in(40)) more += fmt::format(R"(,"priority":"{}")", kPriorities[chance_() % kPriorities.size()]);
    if (in(20)) more += R"(,"labels":["garden","before winter"],"start":"2026-11-02","due":"2027-02-28")";
    if (in(10)) more += R"(,"description":")" + std::string(chance_() % 4'000, 'x') + R"(")";
    if (in(30)) more += fmt::format(R"(,"assignees":["{}"])", person_.user.to_string());
    draft.body = with_title(draft.marker, more);
    return draft;
}

std::optional<PersonDay::Draft> PersonDay::draft_title(Deed deed, const KnownTask& task) {
    Draft draft{.deed = deed, .method = "PATCH", .path = "tasks/" + task.id.to_string()};
    draft.marker = new_marker();
    draft.must_change = true;
    if (!in(20)) draft.key = new_key();
    draft.body = with_title(draft.marker, in(20) ? R"(,"estimate_min":90)" : "");
    return draft;
}

std::optional<PersonDay::Draft> PersonDay::draft_move(Deed deed, const KnownTask& task) {
    const auto project = own().known.project(task.project);
    if (!project) return std::nullopt;
    Draft draft{.deed = deed, .path = "tasks/" + task.id.to_string() + "/move", .key = new_key()};
    draft.body =
        fmt::format(R"("column":"{}")", project->columns[chance_() % project->columns.size()].to_string());
    const auto neighbour = own().known.some_task(chance_);
    if (in(25) && neighbour && neighbour->id != task.id) {
        draft.body += fmt::format(R"(,"{}":"{}")", in(50) ? "before" : "after", neighbour->id.to_string());
    }
    return draft;
}

void PersonDay::remember_task(const Draft& draft, const std::optional<CommandAnswered>& answer) {
    if (!answer) return;
    last_write_is_task_ = true;
    if (answer->version > 1 || !draft.path.starts_with("projects/"))
        return own().known.saw(answer->id, answer->version);
    for (std::size_t i = 0; const auto project = own().known.project(i); ++i) {
        if (draft.path.find(project->id.to_string()) == std::string::npos) continue;
        own().known.add_task({answer->id, i, answer->version});
    }
}

void PersonDay::create_project() {
    const std::size_t number = in(20) ? 0 : own().known.next_project();
    Draft draft{.deed = Deed::create_project, .path = "projects", .marker = new_marker(), .key = new_key()};
    draft.must_change = true;
    draft.body = fmt::format(
        R"({{"name":"{} project","key":"TD{}","columns":{}}})", marker_text(settings_.run, draft.marker),
        number, kColumns
    );
    const auto answer = send(draft, {"OK", number == 0 ? "DUPLICATE" : "OK"});
    if (!answer) return;
    const std::string path =
        fmt::format("projects/{}?min_position={}", answer->id.to_string(), answer->position.to_string());
    if (const auto project = read(Deed::read_own_write, path, {"OK"})) {
        own().known.add_project({answer->id, read_columns(project->body)});
    }
}

void PersonDay::create_task() {
    if (const auto draft = draft_task(Deed::create_task)) remember_task(*draft, send(*draft, {"OK"}));
}

void PersonDay::update_task() {
    const auto task = own().known.some_task(chance_);
    if (!task) return create_task();
    const auto draft = draft_title(Deed::update_task, *task);
    remember_task(*draft, send(*draft, {"OK"}));
}

void PersonDay::edit_at_version() {
    const auto task = own().known.some_task(chance_);
    if (!task) return create_task();
    auto draft = draft_title(Deed::edit_at_version, *task);
    draft->if_match = task->version;
    remember_task(*draft, send(*draft, {"OK", "VERSION_CONFLICT"}));
}

void PersonDay::move_task() {
    const auto task = own().known.some_task(chance_);
    auto draft = task ? draft_move(Deed::move_task, *task) : std::nullopt;
    if (!draft) return create_task();
    draft->body = "{" + draft->body + "}";
    remember_task(*draft, send(*draft, {"OK", "WIP_LIMIT", "VALIDATION_FAILED", "INVALID_STATE"}));
}

void PersonDay::move_by_command_form() {
    const auto task = own().known.some_task(chance_);
    auto draft = task ? draft_move(Deed::move_by_command_form, *task) : std::nullopt;
    if (!draft) return create_task();
    draft->path = "commands";
    std::string form =
        fmt::format(R"({{"type":"prj.MoveTask","id":"{}","data":{{{}}})", task->id.to_string(), draft->body);
    form += fmt::format(R"(,"command_id":"{}")", draft->key->to_string());
    if (in(20)) form += fmt::format(R"(,"expected_version":{})", task->version);
    draft->body = form + "}";
    // The id stands in the body; the ledger keeps it, the header does not repeat it.
    Draft sent = *draft;
    sent.key.reset();
    const auto answer = ask(sent, true);
    remember_task(
        *draft,
        note(*draft, answer, {"OK", "WIP_LIMIT", "VALIDATION_FAILED", "INVALID_STATE", "VERSION_CONFLICT"})
    );
}

void PersonDay::assign_task() {
    const auto task = own().known.some_task(chance_);
    if (!task) return create_task();
    Draft draft{
        .deed = Deed::assign_task, .path = "tasks/" + task->id.to_string() + "/assign", .key = new_key()
    };
    const auto& people = own().people;
    draft.body = fmt::format(R"({{"members":["{}"]}})", people[chance_() % people.size()].user.to_string());
    remember_task(draft, send(draft, {"OK", "VALIDATION_FAILED"}));
}

void PersonDay::unassign_task() {
    const auto task = own().known.some_task(chance_);
    if (!task) return create_task();
    Draft draft{
        .deed = Deed::unassign_task, .path = "tasks/" + task->id.to_string() + "/unassign", .key = new_key()
    };
    draft.body = fmt::format(R"({{"members":["{}"]}})", person_.user.to_string());
    remember_task(draft, send(draft, {"OK"}));
}

void PersonDay::rename_project() {
    const auto index = own().known.some_project(chance_);
    if (!index) return;
    Draft draft{.deed = Deed::rename_project, .method = "PATCH"};
    draft.path = "projects/" + own().known.project(*index)->id.to_string();
    draft.marker = new_marker();
    draft.key = new_key();
    draft.must_change = true;
    draft.body = fmt::format(R"({{"name":"{} renamed"}})", marker_text(settings_.run, draft.marker));
    (void)send(draft, {person_.may_manage() ? "OK" : "FORBIDDEN"});
}

void PersonDay::read_own_write() {
    if (!last_write_ || !last_write_is_task_) return read_list();
    const auto answer = read(
        Deed::read_own_write,
        fmt::format(
            "tasks/{}?min_position={}", last_write_->id.to_string(), last_write_->position.to_string()
        ),
        {"OK"}
    );
    if (!answer) return;
    const auto seen = read_integer(answer->body, "version").value_or(0);
    if (static_cast<StreamVersion>(seen) < last_write_->version) {
        ledger_.surprise(
            Deed::read_own_write,
            fmt::format(
                "{} shows version {} at {}, where {} was written", last_write_->id.to_string(), seen,
                last_write_->position.to_string(), last_write_->version
            )
        );
    }
    own().known.saw(last_write_->id, static_cast<StreamVersion>(seen));
}

void PersonDay::read_list() {
    const auto project = own().known.some_project(chance_);
    if (!project) return;
    const std::string id = own().known.project(*project)->id.to_string();
    const auto task = own().known.some_task(chance_);
    switch (chance_() % 5) {
        case 0:
            return (void)read(Deed::read_list, "projects/" + id + "/board", {"OK"});
        case 1:
            return (void)read(Deed::read_list, "tasks?limit=20&sort=updated:desc&project=" + id, {"OK"});
        case 2:
            return (void)read(Deed::read_list, "projects", {"OK"});
        case 3:
            return (void)read(Deed::read_list, "tasks?cursor=bogus", {"CURSOR_INVALID"});
        default:
            if (task)
                (void
                )read(Deed::read_list, "tasks/" + task->id.to_string() + "/history", {"OK", "NOT_FOUND"});
    }
}

}  // namespace annals::bench
