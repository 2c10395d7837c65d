#include "tests/support/memory_log.hpp"

#include "domain/contract/event_line.hpp"
#include "domain/projects/events.hpp"
#include "tests/support/values.hpp"

#include <algorithm>
#include <map>

namespace annals::test {
namespace {

/// Where a task stands according to the events about it.
struct Place {
    Uuid project{};
    ColumnId column{};
    std::string rank;
};

std::map<Uuid, Place> places_of(const std::vector<EventRow>& events, TenantId tenant) {
    contract::JsonDocument document;
    std::map<Uuid, Place> places;
    for (const EventRow& row : events) {
        if (row.tenant != tenant) continue;
        const auto recorded = contract::read_event_line(document, row.line, nullptr);
        if (!recorded) continue;
        if (const auto* created = recorded->event.as<projects::TaskCreated>()) {
            places[row.stream] = {created->project_id.value, created->column_id, created->rank.str()};
        } else if (const auto* moved = recorded->event.as<projects::TaskMoved>()) {
            places[row.stream].column = moved->new_column;
            places[row.stream].rank = moved->rank.after.str();
        }
    }
    return places;
}

}  // namespace

class MemoryStore final : public EventStore {
public:
    explicit MemoryStore(MemoryLog& log) : log_(log) {}

    AppendOutcome append(const AppendBatch& batch) override {
        const std::lock_guard lock(log_.mutex_);
        if (batch.epoch != log_.epoch_) return AppendOutcome::head_moved;
        for (const PartitionMove& move : batch.partitions) {
            if (log_.heads_[move.partition] != move.expected_head) return AppendOutcome::head_moved;
        }
        if (!reservations_free(batch)) return AppendOutcome::reservation_taken;
        if (breaks_a_key(batch)) return AppendOutcome::head_moved;
        for (const PartitionMove& move : batch.partitions) log_.heads_[move.partition] = move.new_head;
        log_.events_.insert(log_.events_.end(), batch.events.begin(), batch.events.end());
        for (const CommandRow& row : batch.commands) {
            log_.commands_[row.key] = {row.key, row.request_hash, row.response};
        }
        for (const ReservationKey& key : batch.released_reservations) log_.reservations_.erase(key);
        for (const ReservationRow& row : batch.reservations) log_.reservations_[row.key] = row.owner;
        for (const CounterRow& row : batch.counters) log_.counters_[row.key] = row.value;
        for (const SubjectKeyRow& row : batch.subject_keys) log_.subject_keys_[row.subject] = row.wrapped_key;
        for (const CredentialRow& row : batch.credentials) log_.credentials_[row.id] = row.secret;
        return AppendOutcome::written;
    }

    /// Holds nothing: an append here is so short that nobody has to wait for it.
    std::optional<LogEnd> hold_heads(std::span<const std::uint16_t>) override { return end(); }
    void release_heads() noexcept override {}

    LogEnd end() override {
        const std::lock_guard lock(log_.mutex_);
        return {log_.epoch_, log_.heads_};
    }

    std::vector<StoredEvent> read_streams(std::span<const StreamKey> streams) override {
        return select([&](const EventRow& row) {
            return std::ranges::find(streams, StreamKey{row.partition, row.stream}) != streams.end();
        });
    }
    std::vector<StoredEvent> read_stream(const StreamKey& stream, StreamVersion from) override {
        auto events = select([&](const EventRow& row) {
            return StreamKey{row.partition, row.stream} == stream && row.version >= from;
        });
        const std::lock_guard lock(log_.mutex_);
        log_.stream_events_read_ += events.size();
        return events;
    }
    std::vector<StoredEvent> read_ranges(std::span<const LogRange> ranges) override {
        return select([&](const EventRow& row) {
            return std::ranges::any_of(ranges, [&](const LogRange& range) {
                return row.partition == range.partition && row.position > range.after &&
                       row.position <= range.until;
            });
        });
    }
    std::vector<std::uint64_t> tenant_heads(std::span<const TenantId> tenants) override {
        const std::lock_guard lock(log_.mutex_);
        std::vector<std::uint64_t> heads(tenants.size(), 0);
        for (std::size_t i = 0; i < tenants.size(); ++i) {
            for (const EventRow& row : log_.events_) {
                if (row.tenant == tenants[i]) heads[i] = std::max(heads[i], row.tenant_position);
            }
        }
        return heads;
    }
    std::vector<StoredCommand> find_commands(std::span<const CommandKey> commands) override {
        const std::lock_guard lock(log_.mutex_);
        std::vector<StoredCommand> found;
        for (const CommandKey& key : commands) {
            const auto command = log_.commands_.find(key);
            if (command != log_.commands_.end()) found.push_back(command->second);
        }
        return found;
    }
    std::optional<ReservationOwner> find_reservation(const ReservationKey& key) override {
        return log_.reservation(key);
    }
    std::vector<std::int64_t> counters(std::span<const CounterKey> keys) override {
        const std::lock_guard lock(log_.mutex_);
        std::vector<std::int64_t> values;
        for (const CounterKey& key : keys) {
            const auto found = log_.counters_.find(key);
            values.push_back(found == log_.counters_.end() ? 0 : found->second);
        }
        return values;
    }
    std::vector<StoredSubjectKey> find_subject_keys(std::span<const Uuid> subjects) override {
        const std::lock_guard lock(log_.mutex_);
        std::vector<StoredSubjectKey> found;
        for (const Uuid& subject : subjects) {
            const auto key = log_.subject_keys_.find(subject);
            if (key != log_.subject_keys_.end()) found.push_back({subject, key->second});
        }
        return found;
    }
    std::optional<std::string> find_credential(CredentialId id) override { return log_.credential(id); }

    std::optional<std::string> find_neighbour_rank(
        TenantId tenant, const Uuid& project, const Uuid& column, const std::string& rank, bool before
    ) override {
        const std::lock_guard lock(log_.mutex_);
        std::optional<std::string> nearest;
        for (const auto& [task, place] : places_of(log_.events_, tenant)) {
            if (place.project != project || place.column.value != column) continue;
            const bool beside = before ? place.rank < rank : place.rank > rank;
            const bool nearer = !nearest || (before ? place.rank > *nearest : place.rank < *nearest);
            if (beside && nearer) nearest = place.rank;
        }
        return nearest;
    }

private:
    [[nodiscard]] bool reservations_free(const AppendBatch& batch) const {
        return std::ranges::all_of(batch.reservations, [&](const ReservationRow& row) {
            const bool released =
                std::ranges::find(batch.released_reservations, row.key) != batch.released_reservations.end();
            // A key that is only handed over must be there, as the real statement updates its row.
            return log_.reservations_.contains(row.key) == released;
        });
    }

    /// What the real log's other unique keys refuse, which is answered like a moved head.
    [[nodiscard]] bool breaks_a_key(const AppendBatch& batch) const {
        const bool command_used = std::ranges::any_of(batch.commands, [&](const CommandRow& row) {
            return log_.commands_.contains(row.key);
        });
        const bool subject_used = std::ranges::any_of(batch.subject_keys, [&](const SubjectKeyRow& row) {
            return log_.subject_keys_.contains(row.subject);
        });
        const auto stands_already = [&](const EventRow& row) {
            return std::ranges::any_of(log_.events_, [&](const EventRow& there) {
                const bool same_version = there.partition == row.partition && there.stream == row.stream &&
                                          there.version == row.version;
                return same_version ||
                       (there.tenant == row.tenant && there.tenant_position == row.tenant_position);
            });
        };
        return command_used || subject_used || std::ranges::any_of(batch.events, stands_already);
    }

    template <class Predicate>
    std::vector<StoredEvent> select(Predicate wanted) {
        std::vector<StoredEvent> found;
        for (const EventRow& row : log_.events()) {
            if (!wanted(row)) continue;
            found.push_back(
                {row.partition, row.position, row.tenant, row.tenant_position, row.stream, row.line}
            );
        }
        return found;
    }

    MemoryLog& log_;
};

std::unique_ptr<EventStore> MemoryLog::open() {
    return std::make_unique<MemoryStore>(*this);
}

void MemoryLog::raise_epoch() {
    const std::lock_guard lock(mutex_);
    ++epoch_;
}

void MemoryLog::forget_last(std::size_t events) {
    const std::lock_guard lock(mutex_);
    events_.resize(events_.size() - events);
    std::ranges::fill(heads_, 0);
    for (const EventRow& row : events_) heads_[row.partition] = std::max(heads_[row.partition], row.position);
}

std::size_t MemoryLog::stream_events_read() {
    const std::lock_guard lock(mutex_);
    return stream_events_read_;
}

std::vector<EventRow> MemoryLog::events() {
    const std::lock_guard lock(mutex_);
    auto sorted = events_;
    std::ranges::sort(sorted, {}, [](const EventRow& row) { return std::pair(row.partition, row.position); });
    return sorted;
}

std::optional<std::string> MemoryLog::credential(CredentialId id) {
    const std::lock_guard lock(mutex_);
    const auto found = credentials_.find(id);
    return found == credentials_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ReservationOwner> MemoryLog::reservation(const ReservationKey& key) {
    const std::lock_guard lock(mutex_);
    const auto found = reservations_.find(key);
    return found == reservations_.end() ? std::nullopt : std::optional(found->second);
}

Uuid CountingIds::next() {
    const std::lock_guard lock(mutex_);
    // High enough not to meet the ids that tests choose themselves.
    return uuid(1'000'000 + ++count_);
}

Digest PlainCryptography::sha256(std::string_view bytes) {
    Digest digest{};
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (std::size_t round = 0; round < 4; ++round) {
        for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
        for (std::size_t i = 0; i < 8; ++i)
            digest[8 * round + i] = static_cast<std::uint8_t>(hash >> (8 * i));
    }
    return digest;
}

std::string PlainCryptography::blind_index(std::string_view scope, std::string_view value) {
    return std::string(scope) + '|' + std::string(value);
}

std::string PlainCryptography::wrap(const Uuid& subject, const SubjectKey&) {
    return subject.to_string();
}

SubjectKey PlainCryptography::unwrap(const Uuid&, std::string_view) {
    return {};
}

std::string PlainCryptography::seal(const SubjectKey&, std::string_view, std::string_view plain) {
    std::string hex;
    for (const char c : plain) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        hex += kDigits[static_cast<unsigned char>(c) >> 4U];
        hex += kDigits[static_cast<unsigned char>(c) & 0xFU];
    }
    return hex;
}

std::optional<std::string> PlainCryptography::open(
    const SubjectKey&, std::string_view, std::string_view sealed
) {
    std::string plain;
    for (std::size_t i = 0; i + 1 < sealed.size(); i += 2) {
        plain += static_cast<char>(std::stoi(std::string(sealed.substr(i, 2)), nullptr, 16));
    }
    return plain;
}

}  // namespace annals::test
