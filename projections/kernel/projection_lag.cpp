#include "projections/kernel/projection_lag.hpp"

#include <algorithm>
#include <tuple>

namespace annals {

std::string_view to_string(LagState state) {
    switch (state) {
        case LagState::idle:
            return "idle";
        case LagState::applying:
            return "applying";
        case LagState::stuck:
            return "stuck";
    }
    return "stuck";
}

LagState lag_state(
    std::uint64_t position, std::uint64_t head, std::int64_t lag_us, std::int64_t since_move_us
) {
    if (position >= head) return LagState::idle;
    return lag_us >= kStuckAfterUs && since_move_us >= kStuckAfterUs ? LagState::stuck : LagState::applying;
}

const ProjectionLag* worst(std::span<const ProjectionLag> lags) {
    const auto order = [](const ProjectionLag& lag) { return std::tuple(lag.state, lag.lag_us); };
    const auto found = std::ranges::max_element(lags, {}, order);
    return found == lags.end() ? nullptr : &*found;
}

}  // namespace annals
