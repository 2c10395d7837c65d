#include "commands/kernel/writer_batch.hpp"
#include "domain/kernel/partitioning.hpp"
#include "tests/support/pg_bus.hpp"

#include <barrier>
#include <latch>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace annals {
namespace {

using namespace test;

class CompetingWriters : public PgBuses {
protected:
    const TenantId realm{ids.next()};
    const Uuid stream = ids.next();

    /// One more of something that must never be lost: an event, and a counter that is read and written.
    static Script counts(const std::string& name) {
        return [=](CommandScope& scope) -> Handled {
            scope.set_counter(scope.realm(), name, scope.counter(scope.realm(), name) + 1);
            return appends()(scope);
        };
    }
    std::int64_t counter(TenantId of, const std::string& name) {
        return pg::make_pg_event_store(database.engine_dsn())
            ->counters(std::vector<CounterKey>{{of, name}})
            .front();
    }
    /// Sends until it is accepted; other answers than OVERLOADED are failures.
    bool insist(CommandBus& bus, const std::function<CommandRequest()>& make) {
        for (int tries = 0; tries < 50; ++tries) {
            const auto result = submit(bus, make()).get();
            if (result) return true;
            if (result.error().code != "OVERLOADED") return false;
        }
        return false;
    }
};

TEST_F(CompetingWriters, OfSixtyFourThatExpectTheSameVersionOneWinsEachOfAThousandRounds) {
    constexpr int kThreads = 64;
    constexpr std::uint64_t kRounds = 1000;
    // All of them and the neighbour wait at once; here nobody is refused for that, however slow the machine.
    CommandBusOptions patient = options(database.engine_dsn());
    patient.limits.queue_free = 2 * kThreads;
    patient.limits.queue_stall_ms_max = 60'000;
    const auto bus = std::make_unique<CommandBus>(std::move(patient));
    std::vector<CommandResult> results(kThreads);
    std::uint64_t round = 0;
    std::atomic<int> neighbours_accepted{0};
    std::vector<std::string> wrong;
    const auto judge = [&]() noexcept {
        int wins = 0;
        for (const CommandResult& result : results) {
            const bool lost = !result && result.error().code == "VERSION_CONFLICT" &&
                              result.error().current_version == round + 1;
            if (!result && !lost) wrong.push_back(result.error().code + ": " + result.error().detail);
            wins += result ? 1 : 0;
        }
        if (wins != 1) wrong.push_back(std::to_string(wins) + " winners");
        ++round;
    };
    std::barrier rounds(kThreads, judge);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (std::uint64_t r = 0; r < kRounds; ++r) {
                    auto request = command(appends(), realm, stream);
                    request.expected_version = r;
                    auto answer = submit(*bus, std::move(request));
                    if (r % kThreads == static_cast<std::uint64_t>(t)) {
                        // A neighbour in the losers' batch, in the same partition.
                        const auto neighbour = submit(*bus, command(appends(), realm, ids.next())).get();
                        neighbours_accepted += neighbour ? 1 : 0;
                    }
                    results[static_cast<std::size_t>(t)] = answer.get();
                    rounds.arrive_and_wait();
                }
            });
        }
    }
    EXPECT_EQ(std::vector<std::string>{}, wrong);
    EXPECT_EQ(static_cast<int>(kRounds), neighbours_accepted);
    EXPECT_EQ(kRounds, events_of(stream));
    EXPECT_EQ(0U, bus->stats().heads_moved);
    expect_sound_log();
}

TEST_F(CompetingWriters, TwoBusesLoseNoUpdateAndBothGetOn) {
    constexpr int kThreadsEach = 4;
    constexpr int kCommandsEach = 60;
    const std::vector<TenantId> realms{TenantId{ids.next()}, TenantId{ids.next()}, TenantId{ids.next()}};
    const std::vector<Uuid> streams{ids.next(), ids.next(), ids.next()};
    const std::vector<std::unique_ptr<CommandBus>> buses = [&] {
        std::vector<std::unique_ptr<CommandBus>> two;
        two.push_back(make_bus());
        two.push_back(make_bus());
        return two;
    }();
    std::atomic<int> failed{0};
    {
        std::latch start(2 * kThreadsEach);  // before the threads, which are joined before it ends
        std::vector<std::jthread> threads;
        for (int t = 0; t < 2 * kThreadsEach; ++t) {
            threads.emplace_back([&, t] {
                start.arrive_and_wait();
                for (int i = 0; i < kCommandsEach; ++i) {
                    const auto at = static_cast<std::size_t>(i + t) % realms.size();
                    const auto make = [&] { return command(counts("n"), realms[at], streams[at]); };
                    if (!insist(*buses[static_cast<std::size_t>(t % 2)], make)) ++failed;
                }
            });
        }
    }
    EXPECT_EQ(0, failed);
    for (const auto& bus : buses) {
        bus->stop();
        EXPECT_EQ(kThreadsEach * kCommandsEach, static_cast<int>(bus->stats().accepted));
        EXPECT_EQ(0U, bus->stats().rejected) << "neither is starved by the other";
    }
    for (std::size_t i = 0; i < realms.size(); ++i) {
        EXPECT_EQ(events_of(streams[i]), static_cast<std::uint64_t>(counter(realms[i], "n")));
    }
    EXPECT_EQ(
        std::to_string(2 * kThreadsEach * kCommandsEach), database.value("select sum(value) from log.counter")
    );
    expect_sound_log();
}

TEST_F(CompetingWriters, AWriterThatWasOvertakenOnceHoldsTheHeadsWhileItDecides) {
    constexpr int kRounds = 20;
    const auto one = make_bus();
    const auto two = make_bus();
    const auto send = [&](CommandBus& bus) { return submit(bus, command(counts("n"), realm, stream)).get(); };
    for (int round = 0; round < kRounds; ++round) {
        EXPECT_TRUE(send(*one));
        EXPECT_TRUE(send(*two));
    }
    EXPECT_EQ(1U, one->stats().heads_moved) << "in its second command only";
    EXPECT_EQ(1U, two->stats().heads_moved);
    EXPECT_EQ(2 * kRounds, counter(realm, "n"));
    expect_sound_log();
}

TEST_F(CompetingWriters, AppendsToOtherPartitionsDoNotKeepAWriterHoldingItsHeads) {
    TenantId elsewhere{ids.next()};
    while (partition_of(elsewhere, kPartitions) == partition_of(realm, kPartitions))
        elsewhere = TenantId{ids.next()};
    const auto one = make_bus();
    const auto two = make_bus();
    const auto send = [&](CommandBus& bus, TenantId to) {
        return submit(bus, command(counts("n"), to, Uuid(to.value))).get().has_value();
    };
    ASSERT_TRUE(send(*one, realm) && send(*two, realm) && send(*one, realm));
    ASSERT_EQ(1U, one->stats().heads_moved) << "from here on it holds the heads";
    ASSERT_TRUE(send(*two, realm) && send(*one, realm));
    ASSERT_EQ(1U, one->stats().heads_moved);
    for (std::size_t i = 0; i < kCarefulBatches; ++i) ASSERT_TRUE(send(*two, elsewhere) && send(*one, realm));
    // A writer that does not hold them decides on what it knows, and loses once more.
    ASSERT_TRUE(send(*two, realm) && send(*one, realm));
    EXPECT_EQ(2U, one->stats().heads_moved);
    expect_sound_log();
}

TEST_F(CompetingWriters, TwoProcessesLoseNoUpdateAndBothGetOn) {
    constexpr int kCommandsEach = 200;
    const auto work = [&] {
        const auto bus = make_bus();
        int accepted = 0;
        for (int i = 0; i < kCommandsEach; ++i) {
            const auto make = [&] { return command(counts("n"), realm, stream); };
            if (insist(*bus, make)) ++accepted;
        }
        return accepted == kCommandsEach;
    };
    // No thread runs yet in this process, so the child is as good as one that was started afresh.
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(work() ? 0 : 1);
    EXPECT_TRUE(work());
    int status = 0;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_EQ(2U * kCommandsEach, events_of(stream));
    EXPECT_EQ(2 * kCommandsEach, counter(realm, "n"));
    expect_sound_log();
}

TEST_F(CompetingWriters, AWriterTakesOverWhatAnotherAppendedToItsCachedStreams) {
    const auto one = make_bus();
    const auto two = make_bus();
    for (StreamVersion version = 0; version < 20; ++version) {
        auto request = command(counts("n"), realm, stream);
        request.expected_version = version;
        const auto result = submit(version % 2 == 0 ? *one : *two, std::move(request)).get();
        ASSERT_TRUE(result) << result.error().detail;
        EXPECT_EQ(version + 1, result->version);
    }
    EXPECT_EQ(20, counter(realm, "n"));
    expect_sound_log();
}

TEST_F(CompetingWriters, TheSameCommandIdThroughTwoProcessesIsOneCommand) {
    constexpr std::uint64_t kRounds = 100;
    const auto one = make_bus();
    const auto two = make_bus();
    const Script nothing = [](CommandScope&) -> Handled { return {}; };
    ASSERT_TRUE(submit(*one, command(appends(), realm, stream)).get());
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        const Script script = round % 2 == 0 ? appends() : nothing;
        const CommandRequest request = repeatable(scripted(script, realm, stream), 1'000 + round);
        auto first = submit(*one, request);
        auto second = submit(*two, request);
        const auto answers = std::pair(first.get(), second.get());
        ASSERT_TRUE(answers.first) << answers.first.error().detail;
        ASSERT_TRUE(answers.second) << answers.second.error().detail;
        EXPECT_EQ(answers.first->body, answers.second->body);
        EXPECT_NE(answers.first->repeated, answers.second->repeated);
    }
    EXPECT_EQ(1 + kRounds / 2, events_of(stream));
    EXPECT_EQ(std::to_string(1 + kRounds), database.value("select count(*) from log.command"));
    // Both attempts at a command without events fail once at most: no head moves, and still nobody spins.
    EXPECT_LE(one->stats().heads_moved + two->stats().heads_moved, 3 * kRounds);
    expect_sound_log();
}

TEST_F(CompetingWriters, AReservationOverAllRealmsHasOneOwner) {
    constexpr int kNames = 25;
    const auto one = make_bus();
    const auto two = make_bus();
    std::vector<std::string> wrong;
    for (int name = 0; name < kNames; ++name) {
        const ReservationKey key{kPlatformRealm, "name", std::to_string(name)};
        const Script reserves = [key](CommandScope& scope) -> Handled {
            if (scope.reservation(key)) return std::unexpected(reject("DUPLICATE", "taken"));
            scope.reserve(key, {scope.target(), scope.realm()});
            return appends()(scope);
        };
        std::vector<std::future<CommandResult>> answers;
        for (int i = 0; i < 4; ++i) {
            answers.push_back(
                submit(i % 2 == 0 ? *one : *two, command(reserves, TenantId{ids.next()}, ids.next()))
            );
            answers.push_back(
                submit(i % 2 == 0 ? *one : *two, command(appends(), TenantId{ids.next()}, ids.next()))
            );
        }
        int owners = 0;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const auto result = answers[i].get();
            if (i % 2 == 1 && !result) wrong.push_back("a neighbour: " + result.error().code);
            if (i % 2 == 0) owners += result ? 1 : 0;
            if (i % 2 == 0 && !result && result.error().code != "DUPLICATE")
                wrong.push_back(result.error().code);
        }
        if (owners != 1) wrong.push_back(std::to_string(owners) + " owners");
    }
    EXPECT_EQ(std::vector<std::string>{}, wrong);
    expect_sound_log();
}

TEST_F(CompetingWriters, ARepeatAfterARestartHasTheSameBytes) {
    auto bus = make_bus();
    const auto request = [&](std::uint8_t body) {
        return repeatable(scripted(appends(2), realm, stream), 70, body);
    };
    const auto first = submit(*bus, request(1)).get();
    ASSERT_TRUE(first);
    bus = make_bus();
    const auto again = submit(*bus, request(1)).get();
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(first->body, again->body);
    EXPECT_EQ("IDEMPOTENCY_MISMATCH", code_of(submit(*bus, request(2)).get()));
    EXPECT_EQ(2U, events_of(stream));
    EXPECT_EQ(first->body, database.value("select response from log.command"));
}

}  // namespace
}  // namespace annals
