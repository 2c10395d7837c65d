#pragma once

#include "commands/kernel/command_type.hpp"
#include "commands/ports/environment.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace annals {

using CommandCompletion = std::move_only_function<void(CommandResult)>;
/// The results of a group, in its order. Of an atomic group that failed, the items that were fine say
/// ABORTED.
using GroupCompletion = std::move_only_function<void(std::vector<CommandResult>)>;

/// Named limits of the command side. What a client sees of them is OVERLOADED.
struct CommandLimits {
    // A realm's commands are here those that its people send (CommandRequest::line).
    std::size_t queue_max{4096};        ///< commands waiting for one writer
    std::size_t queue_realm_max{2048};  ///< of them, of one realm
    /// The queue is kept short by time: beyond `queue_free` commands in all, a realm whose oldest command has
    /// waited longer than this gets no more than `queue_realm_free` of them into the queue, and a realm that
    /// has nothing there is let in only while a turn of all realms takes less.
    std::int64_t queue_wait_ms_max{10};
    std::size_t queue_realm_free{8};
    std::size_t queue_free{64};
    /// While realms go on being refused for their slowness the queue holds no more than so many, divided
    /// among the realms that wait: enough for the next batch, and little to wait for.
    std::size_t queue_overloaded{16};
    /// For so long. Then the queue finds out by its usual bounds whether it still is overloaded; the first
    /// refusal for slowness within the same time says that it is.
    std::int64_t overloaded_ms{5'000};
    /// When a writer takes nothing for so long, all that waits for it is refused: it waits for PostgreSQL.
    std::int64_t queue_stall_ms_max{600};
    std::size_t batch_commands_max{256};   ///< commands decided and committed together
    std::size_t batch_realm_share{16};     ///< of them, of one realm while several are at work
    std::size_t batch_heavy_share{6};      ///< the same for one that alone has much waiting
    std::size_t batch_bytes_max{4 << 20};  ///< of event lines in one append
    std::size_t decide_attempts_max{16};  ///< times a batch is decided again because another process appended
    std::size_t cached_streams_max{50'000};
    std::int64_t command_age_ms_max{5'000};  ///< a command that waited longer is refused rather than run late
};

struct CommandBusOptions {
    std::uint16_t partitions{8};
    std::uint16_t writers{1};
    CommandLimits limits{};
    std::function<std::unique_ptr<EventStore>()> open_store;  ///< one store for each writer
    Clock* clock{nullptr};
    IdSource* ids{nullptr};
    Cryptography* cryptography{nullptr};
    /// Called with the events of each durable append, from a writer's thread; must not block.
    std::function<void(std::vector<EventRow> events)> appended;
    /// Called for what an operator should know of; `code` is unique for each site.
    std::function<void(std::string_view code, const std::string& detail)> report;
};

struct CommandStats {
    std::uint64_t accepted{0};
    std::uint64_t rejected{0};
    std::uint64_t repeated{0};
    std::uint64_t batches{0};
    std::uint64_t events{0};
    std::uint64_t heads_moved{0};
    std::uint64_t in_doubt{0};
    std::uint64_t isolated{0};  ///< commands that the database refuses for good, found in their batch
    // Refused before they were decided, by reason; see CommandLimits.
    std::uint64_t refused_full{0};
    std::uint64_t refused_realm{0};  ///< the realm's own line was too long or too slow
    std::uint64_t refused_slow{0};
    std::uint64_t refused_stalled{0};
    std::size_t queued{0};
    std::int64_t queue_age_ms{0};  ///< of the oldest command that waits
};

/// The one way to change anything: hands commands to the writer of their partition and answers when they are
/// durable. Thread-safe. No caller's thread ever waits; completions run on a writer's thread and must not
/// block it.
class CommandBus {
public:
    explicit CommandBus(CommandBusOptions options);
    ~CommandBus();
    CommandBus(const CommandBus&) = delete;
    CommandBus& operator=(const CommandBus&) = delete;

    /// Answers exactly once: accepted, rejected by a decision, or refused with OVERLOADED, IN_PROGRESS (the
    /// same command id is being decided), IDEMPOTENCY_MISMATCH or UNAVAILABLE.
    void submit(CommandRequest request, CommandCompletion done);
    /// All or nothing when `atomic` (one realm only); otherwise each for itself, in order.
    void submit_group(std::vector<CommandRequest> requests, bool atomic, GroupCompletion done);

    /// The refusal that a single command to this realm from its own people would meet at this moment, counted
    /// as one; nothing when it would be taken. Spares those who are refused, and everybody else, the reading
    /// of a command.
    std::optional<Rejection> refusal_now(TenantId realm);

    /// Finishes what is queued, then stops. Later submits are refused with UNAVAILABLE.
    void stop();
    [[nodiscard]] CommandStats stats() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals
