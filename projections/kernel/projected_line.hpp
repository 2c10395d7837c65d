#pragma once

#include "domain/contract/event_line.hpp"

#include <expected>
#include <string_view>

namespace annals {

/// contract::read_event_line for projections. A value that the sealer cannot open, say because its key is
/// damaged, will be so each time and must not hold up other streams: it is a fault of the line,
/// "undecipherable". Throws ProjectionStoreUnavailable when the sealer does, because then no keys can be had.
std::expected<contract::RecordedEvent, contract::LineFault> read_projected_line(
    contract::JsonDocument& document, std::string_view line, contract::EventSealer* sealer,
    const contract::EventCatalogue& catalogue
);

}  // namespace annals
