#pragma once

#include "domain/kernel/rejection.hpp"

#include <concepts>
#include <expected>
#include <string_view>
#include <variant>
#include <vector>

namespace annals {

/// What a decision yields: the events to append (none means: it is so already) or a coded rejection.
template <class Event>
using Decision = std::expected<std::vector<Event>, Rejection>;

/// The shape of every aggregate (the Decider pattern, J. Chassaing): static functions without I/O, clock or
/// chance. Beside these, an aggregate has one `decide(const State&, const Command&, ...)` for each command,
/// which takes the facts of other streams as plain values.
template <class D>
concept Decider = requires(typename D::State state, const typename D::Event& event) {
    { D::kCategory } -> std::convertible_to<std::string_view>;
    { D::initial() } -> std::same_as<typename D::State>;
    { D::evolve(state, event) } -> std::same_as<typename D::State>;  // total: stored facts are never refused
};

}  // namespace annals
