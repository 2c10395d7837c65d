#pragma once

#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/projects/commands.hpp"
#include "domain/projects/events.hpp"

#include <boost/describe/class.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace annals::projects {

/// What a new project depends on beside its command.
struct CreateProjectFacts {
    std::span<const ColumnId> column_ids;  ///< new ids, as many as Project::column_count says
    bool lead_is_member{true};             ///< of the organization; true when the command names no lead
};

/// A project: the columns of its board and the prefix of its tasks' keys. Archived, it and its tasks are
/// read-only.
struct Project {
    static constexpr std::string_view kCategory = "project";

    using Event = std::variant<ProjectCreated, ProjectUpdated, ProjectArchived>;
    struct State {
        bool created{false};
        bool archived{false};
        ProjectKey key{};
        ProjectName name{};
        std::optional<ProjectDescription> description{};
        std::optional<UserId> lead{};
        std::vector<Column> columns{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    /// DUPLICATE when the project is there; VALIDATION_FAILED without a done column. That the key is free,
    /// the reservation sees to.
    static Decision<Event> decide(
        const State& state, const CreateProject& command, const CreateProjectFacts& facts
    );
    /// INVALID_STATE when archived.
    static Decision<Event> decide(const State& state, const UpdateProject& command, bool lead_is_member);
    static Decision<Event> decide(const State& state, const ArchiveProject& command);

    /// How many columns the new project will have.
    static std::size_t column_count(const CreateProject& command);
    /// Null when the project has no such column.
    static const Column* find_column(const State& state, ColumnId id);
};
BOOST_DESCRIBE_STRUCT(Project::State, (), (created, archived, key, name, description, lead, columns))

}  // namespace annals::projects
