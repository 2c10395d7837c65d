#pragma once

#include "commands/ports/event_store.hpp"
#include "domain/contract/event_line.hpp"
#include "projections/kernel/projector.hpp"
#include "tests/support/values.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace annals::test {

/// "Seals" by writing the text in hexadecimal; a subject in `destroyed` reads as nothing, and the key of one
/// in `damaged` is of no use. While it is `away`, so is the store with the keys.
class HexSealer final : public contract::EventSealer {
public:
    std::string seal(const contract::SealPlace&, const Uuid&, std::string_view, std::string_view plain)
        override {
        std::string sealed;
        for (const char c : plain) {
            sealed += static_cast<char>('a' + (static_cast<unsigned char>(c) >> 4U));
            sealed += static_cast<char>('a' + (static_cast<unsigned char>(c) & 0xFU));
        }
        return sealed;
    }
    std::optional<std::string> open(
        const contract::SealPlace&, const Uuid& subject, std::string_view, std::string_view sealed
    ) override {
        if (away) throw ProjectionStoreUnavailable("no keys");
        if (damaged.contains(subject)) throw std::runtime_error("the key is damaged");
        if (destroyed.contains(subject)) return std::nullopt;
        std::string plain;
        for (std::size_t i = 0; i + 1 < sealed.size(); i += 2) {
            plain += static_cast<char>((sealed[i] - 'a') * 16 + (sealed[i + 1] - 'a'));
        }
        return plain;
    }
    std::set<Uuid> destroyed;
    std::set<Uuid> damaged;
    bool away{false};
};

/// A log in memory: gives events the positions and versions that a writer would, and writes their lines. One
/// thread adds while others read.
class EventLog final : public LogReader {
public:
    struct Entry {
        contract::RecordedEvent recorded;
        std::string line;
    };

    explicit EventLog(std::uint16_t partitions = 2) : partitions_(partitions) {}

    /// Appends to the stream in the realm's partition, which is the tenant's last byte modulo the partitions.
    template <class E>
    const Entry& add(TenantId tenant, const Uuid& stream, E event) {
        const std::scoped_lock lock(mutex_);
        const auto& type = contract::event_type_of<E>();
        contract::Envelope at;
        at.tenant = tenant;
        at.stream = stream;
        at.category = type.category;
        at.position.epoch = epoch_;
        at.position.partition = partition_of(tenant);
        at.position.number = partition(at.position.partition).size() + 1;
        at.version = ++versions_[stream];
        at.tenant_position = ++tenant_positions_[tenant];
        at.event_id = EventId{uuid(0xe000'0000 + events_)};
        at.command = CommandId{uuid(0xc000'0000 + events_)};
        const auto seconds = static_cast<std::int64_t>(events_);
        at.recorded_at = at.effective_at = instant("2026-11-21T06:00:00Z") + seconds * kMicrosPerSecond;
        at.actor = {contract::ActorKind::user, uuid(7), {}};
        ++events_;
        Entry entry{{at, contract::AnyEvent::of(std::move(event))}, {}};
        contract::write_event_line(entry.recorded.envelope, entry.recorded.event, sealer_, entry.line);
        all_.push_back({at.position.partition, at.position.number, {}, entry.line});
        return partition(at.position.partition).emplace_back(std::move(entry));
    }

    /// What is added from now on carries this epoch.
    void raise_epoch(std::uint32_t epoch) { epoch_ = epoch; }

    [[nodiscard]] std::uint16_t partition_of(TenantId tenant) const {
        return static_cast<std::uint16_t>(tenant.value.bytes[15] % partitions_);
    }
    [[nodiscard]] std::vector<Entry>& partition(std::uint16_t number) { return entries_[number]; }
    [[nodiscard]] std::uint64_t head(std::uint16_t number) {
        const std::scoped_lock lock(mutex_);
        return partition(number).size();
    }
    /// All lines in the order in which they were added, as Kafka would bring them.
    [[nodiscard]] std::vector<ProjectorLine> lines() const {
        std::vector<ProjectorLine> lines = all_;
        for (ProjectorLine& line : lines) line.kafka_offset = static_cast<std::int64_t>(line.position * 2);
        return lines;
    }
    std::vector<LogLine> read(std::uint16_t number, std::uint64_t after, std::size_t limit) override {
        const std::scoped_lock lock(mutex_);
        std::vector<LogLine> lines;
        const auto& entries = partition(number);
        for (std::uint64_t i = after; i < entries.size() && lines.size() < limit; ++i) {
            lines.push_back({i + 1, entries[i].line});
        }
        return lines;
    }
    /// Writes everything into the log of a database, whose partitions must be as many.
    AppendOutcome append_to(EventStore& store) {
        AppendBatch batch;
        for (const auto& [number, entries] : entries_) {
            batch.partitions.push_back({number, 0, entries.size()});
            for (const Entry& entry : entries) {
                const contract::Envelope& at = entry.recorded.envelope;
                batch.events.push_back(
                    {number,
                     at.position.number,
                     at.event_id,
                     at.tenant,
                     at.tenant_position,
                     at.category,
                     at.stream,
                     at.version,
                     std::string(entry.recorded.event.type().name),
                     entry.recorded.event.type().schema_version,
                     at.effective_at,
                     at.recorded_at,
                     "user",
                     at.actor.id,
                     at.command,
                     {},
                     at.correlation,
                     entry.line,
                     {}}
                );
            }
        }
        return store.append(batch);
    }

private:
    std::mutex mutex_;
    std::uint16_t partitions_;
    std::uint32_t epoch_{1};
    HexSealer sealer_;
    std::uint64_t events_{0};
    std::map<std::uint16_t, std::vector<Entry>> entries_;
    std::vector<ProjectorLine> all_;
    std::map<Uuid, StreamVersion> versions_;
    std::map<TenantId, std::uint64_t> tenant_positions_;
};

}  // namespace annals::test
