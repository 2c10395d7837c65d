#pragma once

#include "commands/ports/event_store.hpp"
#include "tests/infra/postgres/append_samples.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <ostream>
#include <thread>
#include <vector>

namespace annals::test {

/// A log of three partitions on which stores can be opened.
class LogUnderTest {
public:
    virtual ~LogUnderTest() = default;
    virtual std::unique_ptr<EventStore> open() = 0;
    virtual void raise_epoch() = 0;
};

/// A way to make an empty log.
struct LogKind {
    const char* name;
    std::unique_ptr<LogUnderTest> (*make)();
};
inline void PrintTo(const LogKind& kind, std::ostream* out) {
    *out << kind.name;
}

/// What every event store promises the writer.
class EventStorePort : public testing::TestWithParam<LogKind> {
protected:
    std::unique_ptr<LogUnderTest> log = GetParam().make();
    std::unique_ptr<EventStore> store = log->open();
};

TEST_P(EventStorePort, WritesAllOfABatchOrNothingWhenOneHeadMoved) {
    AppendBatch first = expecting({{1, 0}});
    add_event(first, 0, 10);
    ASSERT_EQ(AppendOutcome::written, store->append(first));
    AppendBatch stale = expecting({{0, 0}, {1, 0}});
    add_event(stale, 0, 20);
    stale.commands.push_back(command_row(20, "{}"));
    stale.reservations.push_back(reservation("acme", 20));
    stale.counters.push_back({{kPlatformRealm, "n"}, 5});
    stale.subject_keys.push_back({uuid_of(20), kPlatformRealm, "wrapped"});
    stale.credentials.push_back({CredentialId{uuid_of(20)}, kPlatformRealm, "password", "hash"});
    EXPECT_EQ(AppendOutcome::head_moved, store->append(stale));
    EXPECT_EQ((std::vector<std::uint64_t>{0, 1, 0}), store->end().heads);
    EXPECT_TRUE(store->find_commands(std::vector{stale.commands.front().key}).empty());
    EXPECT_EQ(std::nullopt, store->find_reservation(slug("acme")));
    EXPECT_EQ(0, store->counters(std::vector<CounterKey>{{kPlatformRealm, "n"}}).front());
    EXPECT_TRUE(store->find_subject_keys(std::vector{uuid_of(20)}).empty());
    EXPECT_EQ(std::nullopt, store->find_credential(CredentialId{uuid_of(20)}));
    stale.partitions[1].expected_head = stale.partitions[1].new_head = 1;
    EXPECT_EQ(AppendOutcome::written, store->append(stale));
    EXPECT_EQ(5, store->counters(std::vector<CounterKey>{{kPlatformRealm, "n"}}).front());
    EXPECT_EQ("hash", store->find_credential(CredentialId{uuid_of(20)}));
}

TEST_P(EventStorePort, WritesNoLineOfAnEpochThatWasRaised) {
    AppendBatch first = expecting({{0, 0}});
    add_event(first, 0, 10);
    ASSERT_EQ(AppendOutcome::written, store->append(first));
    log->raise_epoch();
    EXPECT_EQ((LogEnd{2, {1, 0, 0}}), store->end());
    AppendBatch next = expecting({{0, 1}, {2, 0}});
    add_event(next, 0, 11);
    next.commands.push_back(command_row(11, "{}"));
    EXPECT_EQ(AppendOutcome::head_moved, store->append(next));
    EXPECT_TRUE(store->find_commands(std::vector{next.commands.front().key}).empty());
    next.epoch = 3;
    EXPECT_EQ(AppendOutcome::head_moved, store->append(next)) << "nor of one to come";
    next.epoch = 2;
    EXPECT_EQ(AppendOutcome::written, store->append(next));
    EXPECT_EQ((LogEnd{2, {2, 0, 0}}), store->end());
}

TEST_P(EventStorePort, RefusesACommandIdAStreamVersionAndARealmPositionThatAreThere) {
    AppendBatch first = expecting({{0, 0}});
    add_event(first, 0, 10);
    first.commands.push_back(command_row(10, "{}"));
    ASSERT_EQ(AppendOutcome::written, store->append(first));

    AppendBatch command = expecting({{0, 1}});
    command.commands.push_back(command_row(10, "other"));
    EXPECT_EQ(AppendOutcome::head_moved, store->append(command));
    AppendBatch version = expecting({{0, 1}});
    add_event(version, 0, 10).tenant_position = 2;
    EXPECT_EQ(AppendOutcome::head_moved, store->append(version));
    AppendBatch realm_position = expecting({{0, 1}});
    add_event(realm_position, 0, 10).version = 2;
    EXPECT_EQ(AppendOutcome::head_moved, store->append(realm_position));
    EXPECT_EQ((std::vector<std::uint64_t>{1, 0, 0}), store->end().heads);
    EXPECT_EQ("{}", store->find_commands(std::vector{command.commands.front().key}).front().response);
}

TEST_P(EventStorePort, KeepsReservationsUniqueAndHandsThemOver) {
    AppendBatch first = expecting({{0, 0}});
    first.reservations = {reservation("acme", 1), reservation("old", 1)};
    ASSERT_EQ(AppendOutcome::written, store->append(first));
    AppendBatch taken = expecting({{1, 0}});
    taken.reservations = {reservation("new", 2), reservation("acme", 2)};
    EXPECT_EQ(AppendOutcome::reservation_taken, store->append(taken));
    EXPECT_EQ(std::nullopt, store->find_reservation(slug("new")));
    taken.released_reservations = {slug("acme"), slug("old")};
    EXPECT_EQ(AppendOutcome::written, store->append(taken));
    EXPECT_EQ(uuid_of(2), store->find_reservation(slug("acme"))->stream);
    EXPECT_EQ(std::nullopt, store->find_reservation(slug("old")));
}

TEST_P(EventStorePort, ReadsStreamsPartitionsAndHeadsInOrder) {
    AppendBatch batch = expecting({{0, 0}, {2, 0}});
    for (std::uint64_t version = 1; version <= 3; ++version) {
        EventRow& event = add_event(batch, 0, 50);
        event.version = event.tenant_position = version;
    }
    add_event(batch, 1, 51);
    ASSERT_EQ(AppendOutcome::written, store->append(batch));
    const auto other = log->open();
    const auto streams = other->read_streams(
        std::vector<StreamKey>{{2, uuid_of(51)}, {0, uuid_of(50)}, {1, uuid_of(50)}, {0, uuid_of(99)}}
    );
    ASSERT_EQ(4U, streams.size());
    for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(i + 1, streams[i].position);
    EXPECT_EQ(2, streams[3].partition);
    EXPECT_EQ(3U, other->read_stream({0, uuid_of(50)}, 1).size());
    const auto from_second = other->read_stream({0, uuid_of(50)}, 2);
    ASSERT_EQ(2U, from_second.size());
    EXPECT_EQ(2U, from_second.front().position);
    EXPECT_TRUE(other->read_stream({0, uuid_of(50)}, 4).empty());
    EXPECT_TRUE(other->read_stream({1, uuid_of(50)}, 1).empty());
    const auto tail = other->read_ranges(std::vector<LogRange>{{0, 1, 2}});
    ASSERT_EQ(1U, tail.size());
    EXPECT_EQ(2U, tail.front().position);
    const std::vector<TenantId> realms{TenantId{uuid_of(51)}, TenantId{uuid_of(99)}, TenantId{uuid_of(50)}};
    EXPECT_EQ((std::vector<std::uint64_t>{1, 0, 3}), other->tenant_heads(realms));
}

TEST_P(EventStorePort, WritesWithHeldHeadsAndForgetsThemWithoutAnAppend) {
    const std::vector<std::uint16_t> partitions{0, 2};
    store->hold_heads(partitions);
    AppendBatch batch = expecting({{0, 0}, {1, 0}});
    add_event(batch, 0, 10);
    add_event(batch, 1, 11);
    EXPECT_EQ(AppendOutcome::written, store->append(batch));
    EXPECT_EQ((std::vector<std::uint64_t>{1, 1, 0}), log->open()->end().heads) << "visible to others at once";
    store->hold_heads(partitions);
    EXPECT_EQ(AppendOutcome::head_moved, store->append(batch));
    store->hold_heads(partitions);
    store->release_heads();
    AppendBatch next = expecting({{0, 1}, {2, 0}});
    add_event(next, 0, 12);
    EXPECT_EQ(AppendOutcome::written, log->open()->append(next)) << "nothing is held any more";
    store->release_heads();
}

TEST_P(EventStorePort, ShowsAReaderAtTheTailNoGap) {
    constexpr std::uint64_t kEvents = 60;
    constexpr int kWriters = 2;
    std::atomic<int> writing{kWriters};
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([&, w] {
            const auto mine = log->open();
            std::uint64_t identity = 1'000'000U * static_cast<unsigned>(w + 1);
            for (std::uint64_t written = 0; written < kEvents;) {
                const auto heads = mine->end().heads;
                AppendBatch batch = expecting({{0, heads[0]}, {1, heads[1]}});
                add_event(batch, 0, ++identity);
                add_event(batch, 1, ++identity);
                if (mine->append(batch) == AppendOutcome::written) ++written;
            }
            --writing;
        });
    }
    std::uint64_t seen = 0;
    bool last = false;
    while (!last) {
        last = writing == 0;
        for (const StoredEvent& event : store->read_ranges(std::vector<LogRange>{{1, seen, seen + 7}})) {
            ASSERT_EQ(++seen, event.position);
            last = false;
        }
    }
    EXPECT_EQ(kWriters * kEvents, seen);
}

}  // namespace annals::test
