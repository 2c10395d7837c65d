#pragma once

#include "commands/kernel/command_scope.hpp"
#include "domain/catalogue.hpp"

#include <string>
#include <utility>

// What the command tables of the contexts are written with.
namespace annals {

/// How a handler ends: its events are with the scope, or the command is rejected.
using Handled = std::expected<void, Rejection>;

namespace detail {

template <class Command>
struct HandlerOf;
template <class Command>
struct HandlerOf<Handled (*)(CommandScope&, const Command&)> {
    using CommandStruct = Command;
};

template <auto Handle>
Handled handle_erased(CommandScope& scope, const void* command) {
    using Command = typename HandlerOf<decltype(Handle)>::CommandStruct;
    return Handle(scope, *static_cast<const Command*>(command));
}

}  // namespace detail

/// A row whose command, fields and handler follow from the function `Handle(CommandScope&, const Command&)`;
/// D is the aggregate the command is addressed to.
template <Decider D, auto Handle>
CommandType command_row(Target target, Access access, organizations::Permission permission = {}) {
    using Command = typename detail::HandlerOf<decltype(Handle)>::CommandStruct;
    const contract::CommandShape* shape = contract::find_command_shape(Command::kType);
    ANNALS_ASSERT(shape != nullptr, "a command struct is missing in its context's contract.cpp");
    return CommandType{
        .shape = shape,
        .aggregate = &aggregate_type<D>(),
        .target = target,
        .access = access,
        .permission = permission,
        .handler = &detail::handle_erased<Handle>,
    };
}

/// DUPLICATE for a field whose value must be unique and is in use.
inline Rejection reject_duplicate(std::string pointer, std::string detail) {
    Rejection rejection = reject("DUPLICATE", detail);
    rejection.faults.push_back({std::move(pointer), "duplicate", std::move(detail)});
    return rejection;
}

}  // namespace annals
