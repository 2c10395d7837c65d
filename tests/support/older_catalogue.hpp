#pragma once

#include "domain/contract/event_catalogue.hpp"

#include <string_view>
#include <vector>

namespace annals::test {

/// The events of a binary that was released before this type was thought of.
inline contract::EventCatalogue catalogue_without(std::string_view type) {
    std::vector<contract::EventType> types;
    for (const contract::EventType& each : contract::event_catalogue().types()) {
        if (each.name != type) types.push_back(each);
    }
    return contract::EventCatalogue(std::move(types));
}

}  // namespace annals::test
