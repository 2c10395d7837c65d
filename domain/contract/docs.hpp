#pragma once

#include <string_view>

namespace annals::contract {

/// What one field means, for the reader of the API documents. A struct gets its sentences from a function
/// beside it, found by argument-dependent look-up:
///     constexpr auto contract_docs(const MoveTask*) {
///         return std::array{contract::FieldDoc{"column", "the column to move to"}};
///     }
struct FieldDoc {
    std::string_view field;
    std::string_view text;
};

}  // namespace annals::contract
