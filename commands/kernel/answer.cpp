#include "commands/kernel/command_type.hpp"
#include "domain/contract/json_reader.hpp"
#include "domain/contract/json_writer.hpp"

namespace annals {

std::string write_answer(const CommandAnswer& answer) {
    std::string body = R"({"id":")";
    answer.id.append_to(body);
    body += R"(","version":)";
    contract::append_number(body, static_cast<std::int64_t>(answer.version));
    body += R"(,"position":")" + answer.position.to_string() + "\"}";
    return body;
}

std::optional<CommandAnswer> read_answer(std::string_view body) {
    thread_local contract::JsonDocument document;
    if (document.parse(body)) return std::nullopt;
    const auto id = document.text("id");
    const auto version = document.integer("version");
    const auto position = document.text("position");
    if (!id || !version || !position) return std::nullopt;
    const auto read_id = Uuid::parse(*id);
    const auto read_position = Position::parse(*position);
    if (!read_id || !read_position) return std::nullopt;
    return CommandAnswer{
        *read_id, static_cast<StreamVersion>(*version), *read_position, false, std::string(body)
    };
}

}  // namespace annals
