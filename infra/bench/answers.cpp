#include "infra/bench/answers.hpp"

#include "domain/contract/describe.hpp"
#include "domain/contract/json_reader.hpp"

namespace annals::bench {

BOOST_DESCRIBE_STRUCT(Item, (), (id, version, title, name))
BOOST_DESCRIBE_STRUCT(Page, (), (items, next_cursor))

namespace {

struct ColumnId {
    Uuid id{};
};
BOOST_DESCRIBE_STRUCT(ColumnId, (), (id))

contract::JsonDocument& document() {
    thread_local contract::JsonDocument kept;
    return kept;
}

}  // namespace

std::optional<CommandAnswered> read_command_answer(std::string_view body) {
    auto& json = document();
    if (json.parse(body)) return std::nullopt;
    const auto id = Uuid::parse(json.text("id").value_or(""));
    const auto version = json.integer("version");
    const auto position = Position::parse(json.text("position").value_or(""));
    if (!id || !version || *version < 1 || !position) return std::nullopt;
    return CommandAnswered{*id, static_cast<StreamVersion>(*version), *position};
}

std::string read_problem_code(std::string_view body) {
    return read_text(body, "code");
}

std::string read_text(std::string_view body, std::string_view member) {
    auto& json = document();
    if (json.parse(body)) return {};
    return std::string(json.text(member).value_or(""));
}

std::optional<std::int64_t> read_integer(std::string_view body, std::string_view member) {
    auto& json = document();
    if (json.parse(body)) return std::nullopt;
    return json.integer(member);
}

std::optional<Page> read_page(std::string_view body) {
    auto& json = document();
    Page page;
    if (json.parse(body)) return std::nullopt;
    if (!json.read(*contract::type_info<Page>(), &page, contract::ReadMode::stored).empty()) {
        return std::nullopt;
    }
    return page;
}

std::vector<Uuid> read_columns(std::string_view project) {
    auto& json = document();
    std::vector<ColumnId> columns;
    std::vector<Uuid> ids;
    if (json.parse(project)) return ids;
    const auto& type = *contract::type_info<std::vector<ColumnId>>();
    if (!json.read_member("columns", type, &columns, contract::ReadMode::stored).empty()) return ids;
    for (const ColumnId& column : columns) ids.push_back(column.id);
    return ids;
}

}  // namespace annals::bench
