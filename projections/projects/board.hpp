#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/projects/values.hpp"
#include "projections/kernel/query_reader.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace annals::projects {

inline constexpr std::size_t kBoardCardsPerColumnMax =
    200;  ///< the first ones by rank; `task_count` tells of more

/// A task as a card shows it.
struct BoardCard {
    TaskId id{};
    std::int64_t number{0};
    std::string key{};
    std::string title{};
    TaskType type{};
    TaskPriority priority{};
    std::vector<UserId> assignees{};
    std::optional<Date> due{};
    std::vector<std::string> labels{};
    std::string rank{};
    std::optional<Instant> completed_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    BoardCard, (),
    (id, number, key, title, type, priority, assignees, due, labels, rank, completed_at, version)
)
constexpr auto contract_docs(const BoardCard*) {
    return std::array{
        contract::FieldDoc{"id", "the task's id"},
        contract::FieldDoc{"number", "its number in the project"},
        contract::FieldDoc{"key", "project key and number, as people write it: WS-12"},
        contract::FieldDoc{"title", "the task in one line"},
        contract::FieldDoc{"type", "what sort of task it is"},
        contract::FieldDoc{"priority", "how urgent it is"},
        contract::FieldDoc{"assignees", "the members who shall do it"},
        contract::FieldDoc{"due", "the day it shall be done"},
        contract::FieldDoc{"labels", "free labels"},
        contract::FieldDoc{"rank", "its place in the column; sorts by bytes"},
        contract::FieldDoc{"completed_at", "when it was done; only while it is in a done column"},
        contract::FieldDoc{"version", "the version of the task, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const BoardCard*);

/// A column with its cards from top to bottom.
struct BoardColumn {
    ColumnId id{};
    std::string name{};
    TaskCategory category{};
    std::optional<std::int64_t> wip_limit{};
    WipMode wip_mode{};
    bool over_limit{false};
    std::uint64_t task_count{0};
    std::vector<BoardCard> tasks{};
};
BOOST_DESCRIBE_STRUCT(
    BoardColumn, (), (id, name, category, wip_limit, wip_mode, over_limit, task_count, tasks)
)
constexpr auto contract_docs(const BoardColumn*) {
    return std::array{
        contract::FieldDoc{"id", "the column's id"},
        contract::FieldDoc{"name", "what people call it"},
        contract::FieldDoc{"category", "what being in the column means for a task"},
        contract::FieldDoc{"wip_limit", "how many tasks it shall hold; absent: as many as you like"},
        contract::FieldDoc{"wip_mode", "what happens when it is full"},
        contract::FieldDoc{"over_limit", "whether it holds more tasks than its limit"},
        contract::FieldDoc{"task_count", "how many tasks it holds"},
        contract::FieldDoc{"tasks", "its tasks from top to bottom, at most 200"},
    };
}

/// A project's board.
struct BoardView {
    ProjectId project_id{};
    std::string key{};
    std::string name{};
    bool archived{false};
    std::uint64_t version{0};
    std::vector<BoardColumn> columns{};
};
BOOST_DESCRIBE_STRUCT(BoardView, (), (project_id, key, name, archived, version, columns))
constexpr auto contract_docs(const BoardView*) {
    return std::array{
        contract::FieldDoc{"project_id", "the project"},
        contract::FieldDoc{"key", "the prefix of its task keys"},
        contract::FieldDoc{"name", "what people call it"},
        contract::FieldDoc{"archived", "whether it is closed to all changes"},
        contract::FieldDoc{"version", "the version of the project"},
        contract::FieldDoc{"columns", "the columns from left to right"},
    };
}
const contract::TypeInfo* view_shape(const BoardView*);

/// Reads the tables of the project and task projections. Nothing when there is no such project.
std::optional<BoardView> find_board(QueryReader& reader, TenantId organization, ProjectId project);

}  // namespace annals::projects
