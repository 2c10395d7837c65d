#include "projections/kernel/projected_line.hpp"

#include "projections/kernel/projection_store.hpp"

#include <exception>
#include <new>

namespace annals {

std::expected<contract::RecordedEvent, contract::LineFault> read_projected_line(
    contract::JsonDocument& document, std::string_view line, contract::EventSealer* sealer,
    const contract::EventCatalogue& catalogue
) {
    try {
        return contract::read_event_line(document, line, sealer, catalogue);
    } catch (const ProjectionStoreUnavailable&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& fault) {
        return std::unexpected(contract::LineFault{"undecipherable", fault.what()});
    }
}

}  // namespace annals
