#pragma once

#include "domain/contract/message_type.hpp"
#include "domain/kernel/assert.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace annals::contract {

/// All event types of all contexts, by name and schema version. Built once from the contexts' lists (domain/
/// catalogue.cpp) and read-only afterwards, so any thread may use it.
class EventCatalogue {
public:
    explicit EventCatalogue(std::vector<EventType> types);

    /// Null when this binary does not know the type or the version.
    [[nodiscard]] const EventType* find(std::string_view name, std::uint16_t schema_version) const;
    [[nodiscard]] std::span<const EventType> types() const { return types_; }

private:
    std::vector<EventType> types_;
};

/// The catalogue of the product, see domain/catalogue.cpp.
const EventCatalogue& event_catalogue();

/// The entry of a struct that is written today.
template <class E>
const EventType& event_type_of() {
    static const EventType* const kType = event_catalogue().find(E::kType, E::kSchemaVersion);
    ANNALS_ASSERT(kType != nullptr, "an event struct is missing in its context's contract.cpp");
    return *kType;
}

/// An event of any type: an immutable struct and the entry that describes it. Cheap to copy.
class AnyEvent {
public:
    AnyEvent(const EventType& type, std::shared_ptr<const void> data)
        : type_(&type), data_(std::move(data)) {}

    template <class E>
    static AnyEvent of(E event) {
        return AnyEvent(event_type_of<E>(), std::make_shared<const E>(std::move(event)));
    }

    [[nodiscard]] const EventType& type() const { return *type_; }
    [[nodiscard]] const void* data() const { return data_.get(); }
    /// The struct when the event is an E, else null.
    template <class E>
    [[nodiscard]] const E* as() const {
        return type_ == &event_type_of<E>() ? static_cast<const E*>(data_.get()) : nullptr;
    }

private:
    const EventType* type_;
    std::shared_ptr<const void> data_;
};

}  // namespace annals::contract
