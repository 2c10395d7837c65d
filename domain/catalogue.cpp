#include "domain/catalogue.hpp"

#include "domain/identity/contract.hpp"
#include "domain/operations/contract.hpp"
#include "domain/organizations/contract.hpp"
#include "domain/projects/contract.hpp"

#include <algorithm>
#include <vector>

namespace annals::contract {
namespace {

template <class T>
std::vector<T> joined(std::initializer_list<std::span<const T>> lists) {
    std::vector<T> all;
    for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
    return all;
}

}  // namespace

const EventCatalogue& event_catalogue() {
    static const EventCatalogue kCatalogue(joined<EventType>(
        {identity::events(), organizations::events(), projects::events(), operations::events()}
    ));
    return kCatalogue;
}

std::span<const CommandShape> command_shapes() {
    static const std::vector<CommandShape> kCommands = joined<CommandShape>(
        {identity::commands(), organizations::commands(), projects::commands(), operations::commands()}
    );
    return kCommands;
}

const CommandShape* find_command_shape(std::string_view name) {
    const auto all = command_shapes();
    const auto found = std::ranges::find(all, name, &CommandShape::name);
    return found == all.end() ? nullptr : &*found;
}

std::span<const StateShape> state_shapes() {
    static const std::vector<StateShape> kStates = joined<StateShape>(
        {identity::states(), organizations::states(), projects::states(), operations::states()}
    );
    return kStates;
}

const StateShape* find_state_shape(std::string_view category) {
    const auto all = state_shapes();
    const auto found = std::ranges::find(all, category, &StateShape::category);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace annals::contract
