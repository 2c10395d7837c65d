#pragma once

#include "domain/contract/event_catalogue.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace annals::api {

/// The topic as a deployment has it; the values are the defaults of the settings `topic` and `partitions`.
struct EventTopic {
    std::string_view name{"annals.events"};
    std::uint16_t partitions{8};
};

/// The AsyncAPI 3.0 description of the topic: one message for each event type and stored version.
std::string asyncapi_document(const contract::EventCatalogue& catalogue, const EventTopic& topic);

}  // namespace annals::api
