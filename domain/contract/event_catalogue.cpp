#include "domain/contract/event_catalogue.hpp"

#include <algorithm>
#include <tuple>

namespace annals::contract {
namespace {

auto key_of(const EventType& type) {
    return std::tuple(type.name, type.schema_version);
}

}  // namespace

EventCatalogue::EventCatalogue(std::vector<EventType> types) : types_(std::move(types)) {
    std::ranges::sort(types_, {}, key_of);
    for (std::size_t i = 0; i < types_.size(); ++i) {
        const bool last_version = i + 1 == types_.size() || types_[i + 1].name != types_[i].name;
        ANNALS_ASSERT(
            last_version == (types_[i].upcast == nullptr), "every version but the newest has an upcaster"
        );
        ANNALS_ASSERT(
            last_version || types_[i + 1].schema_version == types_[i].schema_version + 1,
            "schema versions are dense"
        );
    }
}

const EventType* EventCatalogue::find(std::string_view name, std::uint16_t schema_version) const {
    const auto found = std::ranges::lower_bound(types_, std::tuple(name, schema_version), {}, key_of);
    if (found == types_.end() || key_of(*found) != std::tuple(name, schema_version)) return nullptr;
    return &*found;
}

}  // namespace annals::contract
