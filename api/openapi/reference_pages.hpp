#pragma once

#include "api/kernel/route.hpp"
#include "domain/contract/event_catalogue.hpp"

#include <span>
#include <string>

namespace annals::api {

// The generated pages of docs/reference, in Markdown.

/// Every event type and stored version with its fields.
std::string events_page(const contract::EventCatalogue& catalogue);

/// Every command that a route sends: who may, fields with their limits, refusals, routes.
std::string commands_page(std::span<const Route> routes);

/// "text, 1 to 255 characters", "list of 1 to 10 uuid".
std::string type_in_words(const contract::TypeInfo& type);

}  // namespace annals::api
