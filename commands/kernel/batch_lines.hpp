#pragma once

#include "commands/kernel/working_layer.hpp"

#include <map>

namespace annals {

/// An event with all its fields and bytes over this is refused: a Kafka record and an HTTP answer must be
/// able to carry it.
inline constexpr std::size_t kEventBytesMax = 900'000;

/// Gives the events of a batch their positions and their lines, in the order in which they were decided.
class BatchLines {
public:
    BatchLines(CommittedState& committed, Cryptography& cryptography, IdSource& ids, Instant now);

    /// Places the events and answers their positions within their partitions; nothing is placed when one of
    /// them is too large, nor when making one throws (SubjectErased).
    std::expected<std::vector<std::uint64_t>, Rejection> place(const std::vector<PendingEvent>& events);

    /// The last position of a partition including what was placed so far.
    std::uint64_t head(std::uint16_t partition);
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// Moves events, heads and realm heads out of here into what will be written.
    void fill(AppendBatch& batch, const std::set<std::uint16_t>& touched);
    void keep_committed();

private:
    EventRow make_row(const PendingEvent& event);
    std::string seal_address(const CommandRequest& request, const contract::Envelope& envelope);

    CommittedState& committed_;
    Cryptography& cryptography_;
    IdSource& ids_;
    Instant now_;
    std::map<std::uint16_t, std::uint64_t> heads_;
    std::map<TenantId, std::uint64_t> tenant_heads_;
    std::vector<EventRow> rows_;
    std::size_t bytes_{0};
};

}  // namespace annals
