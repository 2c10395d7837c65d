#pragma once

#include "domain/contract/event_catalogue.hpp"
#include "domain/contract/message_type.hpp"

#include <span>
#include <string_view>

namespace annals::contract {

// The contexts' lists joined. `event_catalogue()` is declared beside EventCatalogue.

/// All commands, internal ones too; by context, in the order of declaration.
std::span<const CommandShape> command_shapes();
/// Null when there is no such command.
const CommandShape* find_command_shape(std::string_view name);

/// The states of all aggregates. Null when there is no such category.
std::span<const StateShape> state_shapes();
const StateShape* find_state_shape(std::string_view category);

}  // namespace annals::contract
