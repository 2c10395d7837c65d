#pragma once

#include "domain/kernel/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a client reads out of the API's answers: only what it needs, unknown members are passed over.
namespace annals::bench {

struct CommandAnswered {
    Uuid id{};
    StreamVersion version{0};
    Position position{};
};
/// Of a command's answer; nothing when it is none.
std::optional<CommandAnswered> read_command_answer(std::string_view body);

/// The `code` of a problem; empty when the body is none.
std::string read_problem_code(std::string_view body);

/// One text member of an object; empty when it is not there.
std::string read_text(std::string_view body, std::string_view member);
/// One number of an object; nothing when it is not there.
std::optional<std::int64_t> read_integer(std::string_view body, std::string_view member);

struct Item {
    Uuid id{};
    std::int64_t version{0};
    std::optional<std::string> title{};  ///< of a task
    std::optional<std::string> name{};   ///< of a project
};
struct Page {
    std::vector<Item> items{};
    std::optional<std::string> next_cursor{};
};
/// A page of a list; nothing when the body is none.
std::optional<Page> read_page(std::string_view body);

/// The ids of a project's columns, from left to right.
std::vector<Uuid> read_columns(std::string_view project);

}  // namespace annals::bench
