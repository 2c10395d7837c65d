#pragma once

#include "domain/contract/message_type.hpp"

#include <span>

namespace annals::operations {

/// The stored and the wire types of this context, and the states of its aggregates. domain/catalogue.cpp
/// joins them with those of the other contexts.
std::span<const contract::EventType> events();
std::span<const contract::CommandShape> commands();
std::span<const contract::StateShape> states();

}  // namespace annals::operations
