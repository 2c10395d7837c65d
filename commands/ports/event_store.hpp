#pragma once

#include "domain/kernel/epochs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace annals {

using Digest = std::array<std::uint8_t, 32>;

/// Where a stream is found: its realm's partition and its id.
struct StreamKey {
    std::uint16_t partition{0};
    Uuid stream{};
    friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

/// A reservation makes a key unique in a scope of a realm; uniqueness over all realms is a reservation of the
/// platform realm. Personal keys are keyed hashes, never clear text.
struct ReservationKey {
    TenantId tenant{};
    std::string scope;
    std::string key;
    friend bool operator==(const ReservationKey&, const ReservationKey&) = default;
};
struct ReservationOwner {
    Uuid stream{};
    TenantId realm{};  ///< of the owning stream, so that it can be found
    friend bool operator==(const ReservationOwner&, const ReservationOwner&) = default;
};
struct CounterKey {
    TenantId tenant{};
    std::string scope;
    friend bool operator==(const CounterKey&, const CounterKey&) = default;
};
struct CommandKey {
    TenantId tenant{};
    CommandId command{};
    friend bool operator==(const CommandKey&, const CommandKey&) = default;
};

// What one append writes. All of it is committed in one statement, or nothing is.

struct PartitionMove {
    std::uint16_t partition{0};
    std::uint64_t expected_head{0};
    std::uint64_t new_head{0};  ///< may equal expected_head: then the head is only checked and locked
};
struct EventRow {
    std::uint16_t partition{0};
    std::uint64_t position{0};
    EventId event_id{};
    TenantId tenant{};
    std::uint64_t tenant_position{0};
    std::string category;
    Uuid stream{};
    StreamVersion version{0};
    std::string type;
    std::uint16_t schema_version{1};
    Instant effective_at{};
    Instant recorded_at{};
    std::string actor_kind;
    Uuid actor_id{};
    CommandId command{};
    std::optional<Uuid> causation{};
    Uuid correlation{};
    std::string line;
    Digest leaf_hash{};
};
struct CommandRow {
    CommandKey key;
    Digest request_hash{};
    std::string response;
};
struct ReservationRow {
    ReservationKey key;
    ReservationOwner owner;
};
struct CounterRow {
    CounterKey key;
    std::int64_t value{0};
};
struct SubjectKeyRow {
    Uuid subject{};
    TenantId tenant{};
    std::string wrapped_key;  ///< bytes
};
/// A secret: a password hash, the hash of a token. Replaces what the credential held before.
struct CredentialRow {
    CredentialId id{};
    TenantId tenant{};
    std::string kind;
    std::string secret;
};

struct AppendBatch {
    std::uint32_t epoch{1};                 ///< the one that the lines and answers name
    std::vector<PartitionMove> partitions;  ///< ascending by partition
    std::vector<EventRow> events;
    std::vector<CommandRow> commands;
    std::vector<ReservationRow> reservations;
    std::vector<ReservationKey> released_reservations;
    std::vector<CounterRow> counters;
    std::vector<SubjectKeyRow> subject_keys;
    std::vector<CredentialRow> credentials;
};

enum class AppendOutcome : std::uint8_t {
    written,            ///< durable
    head_moved,         ///< another process appended to one of the partitions, or the log's epoch was
                        ///< raised; nothing was written
    reservation_taken,  ///< a reservation of another partition was taken meanwhile; nothing was written
    not_written,  ///< the database refused for now (no connection, no space, a lock timeout); nothing was
                  ///< written
    refused_for_good,  ///< the database refused something in the rows and would again; nothing was written
    in_doubt           ///< the connection broke after the statement was sent: it may have been committed
};

/// A stored event as the writer needs it to fold. What stands beside the line tells whether it has to be read
/// at all.
struct StoredEvent {
    std::uint16_t partition{0};
    std::uint64_t position{0};
    TenantId tenant{};
    std::uint64_t tenant_position{0};
    Uuid stream{};
    std::string line;
};
/// The positions after `after` up to `until` of a partition.
struct LogRange {
    std::uint16_t partition{0};
    std::uint64_t after{0};
    std::uint64_t until{0};
};
struct StoredCommand {
    CommandKey key;
    Digest request_hash{};
    std::string response;
};
struct StoredSubjectKey {
    Uuid subject{};
    std::string wrapped_key;  ///< empty when it was destroyed
};

/// The log, as one writer thread sees it through one connection. Not thread-safe; every call blocks. Reading
/// calls throw StoreUnavailable when the database cannot be reached in time; `append` never throws, it
/// answers.
class EventStore {
public:
    virtual ~EventStore() = default;

    virtual AppendOutcome append(const AppendBatch& batch) = 0;

    /// Queues for the heads of these partitions (ascending), keeps other writers from moving them until the
    /// next append or `release_heads`, and tells where the log ends then. A matter of not deciding in vain:
    /// `append` checks the heads all the same. Holds nothing, and tells nothing, when it would have to wait
    /// too long. The database takes the heads away from a holder that stands still.
    virtual std::optional<LogEnd> hold_heads(std::span<const std::uint16_t> partitions) = 0;
    virtual void release_heads() noexcept = 0;

    virtual LogEnd end() = 0;
    /// All events of the streams, ordered by partition and position. Streams that do not exist give nothing.
    virtual std::vector<StoredEvent> read_streams(std::span<const StreamKey> streams) = 0;
    /// The events of one stream from a version on, in order.
    virtual std::vector<StoredEvent> read_stream(const StreamKey& stream, StreamVersion from) = 0;
    /// The events of these ranges, in order of partition and position; a damaged log has fewer.
    virtual std::vector<StoredEvent> read_ranges(std::span<const LogRange> ranges) = 0;
    /// The last position in each realm's own numbering; 0 for a realm without events. Same order as asked.
    virtual std::vector<std::uint64_t> tenant_heads(std::span<const TenantId> tenants) = 0;
    virtual std::vector<StoredCommand> find_commands(std::span<const CommandKey> commands) = 0;
    virtual std::optional<ReservationOwner> find_reservation(const ReservationKey& key) = 0;
    /// Same order as asked; 0 for a counter that was never written.
    virtual std::vector<std::int64_t> counters(std::span<const CounterKey> keys) = 0;
    virtual std::vector<StoredSubjectKey> find_subject_keys(std::span<const Uuid> subjects) = 0;
    virtual std::optional<std::string> find_credential(CredentialId id) = 0;
    /// The task beside `rank` in a column as the query tables show it: the nearest greater rank, or the
    /// nearest smaller one when `before`. Only a hint for placing a card; nothing depends on its freshness.
    virtual std::optional<std::string> find_neighbour_rank(
        TenantId tenant, const Uuid& project, const Uuid& column, const std::string& rank, bool before
    ) = 0;
};

/// The database could not be reached, or not in time.
struct StoreUnavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace annals

template <>
struct std::hash<annals::StreamKey> {
    std::size_t operator()(const annals::StreamKey& key) const noexcept {
        return std::hash<annals::Uuid>{}(key.stream) ^ (std::size_t{key.partition} << 48);
    }
};
template <>
struct std::hash<annals::ReservationKey> {
    std::size_t operator()(const annals::ReservationKey& key) const noexcept {
        const std::hash<std::string> text;
        return std::hash<annals::TenantId>{}(key.tenant) ^ (text(key.scope) * 31) ^ text(key.key);
    }
};
template <>
struct std::hash<annals::CounterKey> {
    std::size_t operator()(const annals::CounterKey& key) const noexcept {
        return std::hash<annals::TenantId>{}(key.tenant) ^ std::hash<std::string>{}(key.scope);
    }
};
template <>
struct std::hash<annals::CommandKey> {
    std::size_t operator()(const annals::CommandKey& key) const noexcept {
        return std::hash<annals::TenantId>{}(key.tenant) ^ std::hash<annals::CommandId>{}(key.command);
    }
};
