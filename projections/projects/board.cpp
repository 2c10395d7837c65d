#include "projections/projects/board.hpp"

#include "projections/kernel/declare.hpp"
#include "projections/projects/project.hpp"

#include <algorithm>
#include <charconv>

namespace annals::projects {
namespace {

/// The cards, and after them the column they are in and how many tasks that column has.
const Statement& cards_statement() {
    static const std::string kCards = column_list(*contract::type_info<BoardCard>());
    static const Statement kStatement{
        "board.cards", "select " + kCards + ", column_id, task_count from (select " + kCards +
                           ", column_id, count(*) over (partition by column_id) as task_count,"
                           " row_number() over (partition by column_id order by rank, id) as place"
                           " from prj.task where tenant_id = $1::uuid and project_id = $2::uuid) as cards"
                           " where place <= $3::bigint order by column_id, place"
    };
    return kStatement;
}

BoardColumn empty_column(const Column& column) {
    BoardColumn empty{.id = column.id, .name = column.name.str(), .category = column.category};
    if (column.wip_limit) empty.wip_limit = column.wip_limit->value;
    empty.wip_mode = column.wip_mode;
    return empty;
}

void add_cards(const QueryResult& result, std::vector<BoardColumn>& columns) {
    static const std::vector<SqlColumn> kCard = columns_of(*contract::type_info<BoardCard>());
    for (std::size_t row = 0; row < result.rows(); ++row) {
        const auto id = ColumnId::parse(result.cell(row, kCard.size()).value_or(std::string_view()));
        const auto column =
            std::ranges::find(columns, id, [](const BoardColumn& each) { return std::optional(each.id); });
        if (column == columns.end()) continue;
        const std::string_view count = result.cell(row, kCard.size() + 1).value_or(std::string_view());
        std::from_chars(count.data(), count.data() + count.size(), column->task_count);
        read_view(result, row, kCard, &column->tasks.emplace_back());
    }
}

}  // namespace

const contract::TypeInfo* view_shape(const BoardCard*) {
    return contract::type_info<BoardCard>();
}
const contract::TypeInfo* view_shape(const BoardView*) {
    return contract::type_info<BoardView>();
}

std::optional<BoardView> find_board(QueryReader& reader, TenantId organization, ProjectId project) {
    const auto found = find_project(reader, organization, project);
    if (!found) return std::nullopt;
    BoardView board{
        .project_id = found->id,
        .key = found->key,
        .name = found->name,
        .archived = found->archived,
        .version = found->version
    };
    for (const Column& column : found->columns) board.columns.push_back(empty_column(column));
    const std::array params{
        QueryParam(organization.to_string()), QueryParam(project.to_string()),
        QueryParam(std::to_string(kBoardCardsPerColumnMax))
    };
    add_cards(*reader.query(organization, cards_statement(), params), board.columns);
    for (BoardColumn& column : board.columns) {
        column.over_limit =
            column.wip_limit && column.task_count > static_cast<std::uint64_t>(*column.wip_limit);
    }
    return board;
}

}  // namespace annals::projects
