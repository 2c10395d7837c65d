#pragma once

#include "commands/kernel/command_scope.hpp"
#include "domain/kernel/rank.hpp"

#include <cstdint>

namespace annals::projects {

/// What the log counts beside the events of a board, in the same append: the numbers of a project's tasks
/// without a gap, how many tasks are in a column, and how many were ever put at its end.
class BoardCounters {
public:
    explicit BoardCounters(CommandScope& scope) : scope_(scope) {}

    std::int64_t next_number(ProjectId project) { return get("prj.number:", project.value) + 1; }
    void took_number(ProjectId project, std::int64_t number) { set("prj.number:", project.value, number); }

    std::int64_t tasks_in(ColumnId column) { return get(kTasks, column.value); }
    void entered(ColumnId column) { set(kTasks, column.value, tasks_in(column) + 1); }
    void left(ColumnId column) { set(kTasks, column.value, tasks_in(column) - 1); }

    Rank last_appended(ColumnId column) { return Rank::nth(appended(column)); }
    Rank end_of(ColumnId column) { return Rank::nth(appended(column) + 1); }
    /// Notes a rank that was given to a task of the column; only the one at the end counts.
    void placed(ColumnId column, const Rank& rank) {
        if (rank == end_of(column)) set(kAppended, column.value, get(kAppended, column.value) + 1);
    }

private:
    static constexpr const char* kTasks = "prj.tasks:";
    static constexpr const char* kAppended = "prj.rank:";

    std::int64_t get(const char* of, const Uuid& id) {
        return scope_.counter(scope_.realm(), of + id.to_string());
    }
    void set(const char* of, const Uuid& id, std::int64_t value) {
        scope_.set_counter(scope_.realm(), of + id.to_string(), value);
    }
    std::uint64_t appended(ColumnId column) {
        return static_cast<std::uint64_t>(get(kAppended, column.value));
    }

    CommandScope& scope_;
};

}  // namespace annals::projects
