#pragma once

/// Private to the projector's .cpp files.

#include "projections/kernel/projector.hpp"

#include <algorithm>
#include <expected>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace annals {

/// What fits into a parked event's detail, without a character cut in two.
inline std::string shortened(std::string_view detail) {
    constexpr unsigned kTopBits = 0xC0U;
    constexpr unsigned kContinues = 0x80U;  // UTF-8: 10xxxxxx
    std::size_t size = std::min(detail.size(), kParkedDetailBytesMax);
    while (size > 0 && size < detail.size() &&
           (static_cast<unsigned char>(detail[size]) & kTopBits) == kContinues)
        --size;
    return std::string(detail.substr(0, size));
}

/// A line that was read, or why it could not be.
struct Projector::Decoded {
    std::uint16_t partition{0};
    std::uint64_t position{0};
    std::optional<std::int64_t> kafka_offset{};
    std::uint32_t epoch{0};  ///< 0 when even that cannot be read
    TenantId tenant{};       ///< nil when even that cannot be read
    Uuid stream{};
    std::string type;  ///< empty when even that cannot be read
    std::expected<contract::RecordedEvent, contract::LineFault> event;

    /// A newer binary wrote it. That one's projections may react to types that ours have never heard of.
    [[nodiscard]] bool is_unknown() const { return !event && event.error().code == contract::kUnknownType; }
    /// Of one that could not be read.
    [[nodiscard]] std::string parked_code() const {
        return is_unknown() ? std::string(kParkedUnknownType) : "unreadable";
    }
    [[nodiscard]] std::string parked_detail() const {
        return is_unknown() ? event.error().detail : event.error().code + ": " + event.error().detail;
    }
};

/// One projection and how far it is.
struct Projector::Member {
    struct Head {
        std::uint64_t position{0};
        std::uint64_t generation{0};
        std::optional<std::int64_t> kafka_offset{};
    };
    const ProjectionType* type{nullptr};
    std::string name;
    std::unordered_map<std::string_view, const Reaction*> reactions;
    std::vector<Head> heads;                         ///< by partition
    std::unordered_map<Uuid, std::uint64_t> parked;  ///< stream to number of its parked events
    std::set<EventPlace> left_out;                   ///< given up by operators
};

/// A retry of parked events on its way through one partition.
struct Projector::Retry {
    Member* member;
    std::uint16_t partition;
    std::optional<Uuid> stream{};  ///< only this one
    bool by_operator{true};        ///< each attempt counts
    bool moved{false};             ///< something was written
    std::uint64_t after{0};        ///< pages up to this position are done
    std::set<Uuid> blocked{};      ///< streams whose first event still fails
    RetryResult result{};
};

/// A batch on its way through one projection.
struct Projector::Work {
    Member* member;
    std::span<const Decoded> events;
    RowSet rows;
    std::vector<ParkedEvent> parked{};
    std::set<Uuid> parked_streams{};
    /// Events known not to be applicable, with code and reason.
    std::map<std::pair<std::uint16_t, std::uint64_t>, std::pair<std::string, std::string>> condemned{};

    void condemn(const Decoded& event, std::string code, std::string_view detail) {
        condemned[{event.partition, event.position}] = {std::move(code), shortened(detail)};
    }
};

}  // namespace annals
