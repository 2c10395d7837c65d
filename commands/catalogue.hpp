#pragma once

#include "commands/kernel/command_type.hpp"
#include "domain/kernel/assert.hpp"

#include <span>
#include <string_view>

namespace annals {

/// All commands of all contexts, internal ones too.
std::span<const CommandType> all_commands();

/// Null when there is no such command.
const CommandType* find_command(std::string_view name);

/// The aggregate whose streams have this category; null when there is none.
const AggregateType* find_aggregate(std::string_view category);

/// The row of a command's struct.
template <class Command>
const CommandType& command_type_of() {
    static const CommandType* const kType = find_command(Command::kType);
    ANNALS_ASSERT(kType != nullptr, "a command has no row in its context's table");
    return *kType;
}

}  // namespace annals
