#include "domain/projects/project.hpp"

#include "domain/kernel/assert.hpp"
#include "domain/kernel/overloaded.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace annals::projects {
namespace {

std::vector<NewColumn> default_columns() {
    const auto column = [](const char* name, TaskCategory category) {
        return NewColumn{.name = ColumnName::trusted(name), .category = category};
    };
    return {
        column("Backlog", TaskCategory::backlog),
        column("To do", TaskCategory::todo),
        column("In progress", TaskCategory::in_progress),
        column("In review", TaskCategory::in_review),
        column("Done", TaskCategory::done),
    };
}

std::vector<NewColumn> wanted_columns(const CreateProject& command) {
    if (command.columns) return {command.columns->begin(), command.columns->end()};
    return default_columns();
}

std::vector<Column> numbered(std::vector<NewColumn> columns, std::span<const ColumnId> ids) {
    ANNALS_ASSERT(ids.size() == columns.size(), "as many ids as columns");
    std::vector<Column> made;
    made.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        made.push_back(Column{
            .id = ids[i],
            .name = std::move(columns[i].name),
            .category = columns[i].category,
            .wip_limit = columns[i].wip_limit,
            // Who names a limit and nothing else expects it to hold.
            .wip_mode = columns[i].wip_mode.value_or(columns[i].wip_limit ? WipMode::block : WipMode::off),
        });
    }
    return made;
}

/// An empty description says nothing, which is no description.
std::optional<ProjectDescription> said(std::optional<ProjectDescription> description) {
    if (description && description->empty()) description.reset();
    return description;
}

Rejection unknown_lead() {
    return reject_field("/lead", "not_a_member", "the lead is no member of the organization");
}

}  // namespace

static_assert(Decider<Project>);

Project::State Project::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const ProjectCreated& created) {
                state.created = true;
                state.key = created.key;
                state.name = created.name;
                state.description = created.description;
                state.lead = created.lead;
                state.columns = created.columns;
            },
            [&](const ProjectUpdated& updated) {
                if (updated.name) state.name = updated.name->after;
                if (updated.description) state.description = updated.description->after;
                if (updated.lead) state.lead = updated.lead->after;
            },
            [&](const ProjectArchived&) { state.archived = true; },
        },
        event
    );
    return state;
}

Decision<Project::Event> Project::decide(
    const State& state, const CreateProject& command, const CreateProjectFacts& facts
) {
    if (state.created) return std::unexpected(reject("DUPLICATE", "the project exists already"));
    std::vector<NewColumn> columns = wanted_columns(command);
    if (std::ranges::find(columns, TaskCategory::done, &NewColumn::category) == columns.end()) {
        return std::unexpected(
            reject_field("/columns", "no_done_column", "one column must be of the category done")
        );
    }
    if (!facts.lead_is_member) return std::unexpected(unknown_lead());
    return {{ProjectCreated{
        .key = command.key,
        .name = command.name,
        .description = said(command.description),
        .type = command.type.value_or(ProjectType::kanban),
        .lead = command.lead,
        .columns = numbered(std::move(columns), facts.column_ids),
    }}};
}

Decision<Project::Event> Project::decide(
    const State& state, const UpdateProject& command, bool lead_is_member
) {
    if (!state.created) return std::unexpected(reject("NOT_FOUND", "there is no such project"));
    if (state.archived) return std::unexpected(reject("INVALID_STATE", "the project is archived"));
    if (!lead_is_member) return std::unexpected(unknown_lead());
    ProjectUpdated updated;
    if (command.name && *command.name != state.name) updated.name = {state.name, *command.name};
    const auto description = said(command.description.value);
    if (command.description.present && description != state.description) {
        updated.description = {state.description, description};
    }
    if (command.lead.present && command.lead.value != state.lead)
        updated.lead = {state.lead, command.lead.value};
    if (updated == ProjectUpdated{}) return std::vector<Event>{};
    return {{std::move(updated)}};
}

Decision<Project::Event> Project::decide(const State& state, const ArchiveProject&) {
    if (!state.created) return std::unexpected(reject("NOT_FOUND", "there is no such project"));
    if (state.archived) return std::vector<Event>{};
    return {{ProjectArchived{}}};
}

std::size_t Project::column_count(const CreateProject& command) {
    return wanted_columns(command).size();
}

const Column* Project::find_column(const State& state, ColumnId id) {
    const auto found = std::ranges::find(state.columns, id, &Column::id);
    return found == state.columns.end() ? nullptr : &*found;
}

}  // namespace annals::projects
