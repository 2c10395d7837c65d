#include "commands/kernel/committed_state.hpp"
#include "domain/kernel/partitioning.hpp"
#include "domain/organizations/invitation.hpp"
#include "domain/organizations/membership.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "tests/support/scripted_bus.hpp"

#include <stdexcept>

namespace annals {
namespace {

using namespace test;
using organizations::Invitation;
using organizations::Membership;

/// One command of a batch goes wrong; its neighbours must not notice and the log must have no gap.
class BatchIsolation : public ScriptedBus {
protected:
    CommandRequest fine(std::uint64_t stream) { return scripted(appends(), realm, uuid(stream)); }

    /// Another realm in the same partition, or in another one.
    TenantId realm_beside(bool same_partition) {
        for (std::uint64_t i = 1000;; ++i) {
            const TenantId other{uuid(i)};
            if ((partition_of(other, kPartitions) == partition_of(realm, kPartitions)) == same_partition) {
                return other;
            }
        }
    }
    static Script invites(bool with_key) {
        return [=](CommandScope& scope) -> Handled {
            if (with_key) scope.create_subject(scope.realm(), scope.target());
            const organizations::InvitationCreated created{
                .email = {scope.target(), text<Email>("bob@example.org")}, .email_index = "index"
            };
            scope.append_events(
                aggregate_type<Invitation>(), scope.realm(), scope.target(), {contract::AnyEvent::of(created)}
            );
            return {};
        };
    }
};

TEST_F(BatchIsolation, AHandlerThatThrowsFailsItsOwnCommandOnly) {
    const Script throws =
        both(appends(2), [](CommandScope&) -> Handled { throw std::runtime_error("defect"); });
    const auto results = run_as_one_batch({fine(1), scripted(throws, realm, uuid(2)), fine(1), fine(3)});
    EXPECT_EQ((Codes{"accepted", "INTERNAL", "accepted", "accepted"}), codes_of(results));
    EXPECT_EQ(results[0]->position.number + 1, results[2]->position.number);
    EXPECT_EQ(2U, events_of(uuid(1)));
    EXPECT_EQ(0U, events_of(uuid(2)));
    EXPECT_EQ((std::vector<std::string>{"WRITER-71d3"}), reports);
    EXPECT_EQ(2U, bus->stats().batches);
}

TEST_F(BatchIsolation, ARejectionTakesItsCountersAndReservationsWithIt) {
    const auto count = [&](CommandScope& scope) -> Handled {
        scope.set_counter(realm, "n", scope.counter(realm, "n") + 1);
        return appends()(scope);
    };
    const auto reserve = [&](CommandScope& scope) -> Handled {
        const ReservationKey key{realm, "scope", "key"};
        if (scope.reservation(key)) return std::unexpected(reject("DUPLICATE", "taken"));
        scope.reserve(key, {scope.target(), realm});
        return appends()(scope);
    };
    const auto results = run_as_one_batch(
        {scripted(both(both(count, reserve), rejects()), realm, uuid(1)), scripted(count, realm, uuid(2)),
         scripted(both(reserve, count), realm, uuid(3)), scripted(both(count, reserve), realm, uuid(4)),
         scripted(count, realm, uuid(5))}
    );
    EXPECT_EQ((Codes{"REFUSED", "accepted", "accepted", "DUPLICATE", "accepted"}), codes_of(results));
    EXPECT_EQ(3, log.open()->counters(std::vector<CounterKey>{{realm, "n"}}).front());
    EXPECT_EQ(uuid(3), log.reservation({realm, "scope", "key"})->stream);
    EXPECT_EQ(5U, dense_events().size());
}

TEST_F(BatchIsolation, AnEventThatIsTooLargeIsRefusedAndLeavesNoGap) {
    auto large = scripted(appends(3), realm, uuid(2));
    large.reason = std::string(1'000'000, 'x');
    const auto results = run_as_one_batch({fine(1), std::move(large), fine(1)});
    EXPECT_EQ((Codes{"accepted", "PAYLOAD_TOO_LARGE", "accepted"}), codes_of(results));
    EXPECT_EQ(3U, dense_events().size());
}

TEST_F(BatchIsolation, DataOfAnErasedSubjectIsRefusedAndLeavesNoGap) {
    const Script erased = both(appends(2), [](CommandScope& scope) -> Handled {
        const organizations::InvitationCreated created{.email = {uuid(404), text<Email>("bob@example.org")}};
        scope.append_events(
            aggregate_type<Invitation>(), scope.realm(), uuid(405), {contract::AnyEvent::of(created)}
        );
        return {};
    });
    const auto results = run_as_one_batch(
        {fine(1), scripted(erased, realm, uuid(2)), scripted(invites(true), realm, uuid(3)), fine(1)}
    );
    EXPECT_EQ((Codes{"accepted", "ERASED", "accepted", "accepted"}), codes_of(results));
    EXPECT_EQ(4U, dense_events().size());
}

TEST_F(BatchIsolation, TheIdOfAStreamOfAnotherKindIsNotThereAndStaysWhatItIs) {
    const auto as_membership = [](CommandScope& scope) -> Handled {
        const auto found = scope.load_stream(aggregate_type<Membership>(), scope.realm(), scope.target());
        EXPECT_EQ(0U, found.version);
        const organizations::MembershipCreated event{.user_id = UserId{uuid(5)}};
        scope.append_events(
            aggregate_type<Membership>(), scope.realm(), scope.target(), {contract::AnyEvent::of(event)}
        );
        return {};
    };
    ASSERT_TRUE(run(fine(1)));
    for (int cached = 0; cached < 2; ++cached) {
        const auto results = run_as_one_batch({fine(2), scripted(as_membership, realm, uuid(1)), fine(1)});
        EXPECT_EQ((Codes{"accepted", "NOT_FOUND", "accepted"}), codes_of(results));
        bus = make_bus();
    }
    EXPECT_EQ(3U, events_of(uuid(1)));
    // Made and misused in the same batch.
    const auto results = run_as_one_batch({fine(9), scripted(as_membership, realm, uuid(9)), fine(9)});
    EXPECT_EQ((Codes{"accepted", "NOT_FOUND", "accepted"}), codes_of(results));
    EXPECT_EQ(std::vector<std::string>{}, reports);
}

TEST_F(BatchIsolation, TheIdOfAnotherRealmsStreamIsNotThereAndStaysItsOwners) {
    ASSERT_TRUE(run(fine(1)));
    const TenantId beside = realm_beside(true);
    const TenantId away = realm_beside(false);
    const auto expects_one = [&] {
        auto request = scripted(appends(0), realm, uuid(1), Target::existing);
        request.expected_version = 1;
        return request;
    };
    for (int cached = 0; cached < 2; ++cached) {
        for (const TenantId other : {beside, away}) {
            const auto existing = scripted(appends(), other, uuid(1), Target::existing);
            EXPECT_EQ(
                (Codes{"NOT_FOUND", "accepted"}), codes_of(run_as_one_batch({existing, expects_one()}))
            );
        }
        const auto taken = run_as_one_batch({scripted(appends(), beside, uuid(1)), expects_one(), fine(2)});
        EXPECT_EQ((Codes{"NOT_FOUND", "accepted", "accepted"}), codes_of(taken));
        bus = make_bus();
    }
    const auto both_have_it = run_as_one_batch({scripted(appends(), away, uuid(1)), expects_one()});
    EXPECT_EQ((Codes{"accepted", "accepted"}), codes_of(both_have_it)) << "partitions do not see each other";
    EXPECT_EQ("accepted", code_of(run(scripted(appends(), away, uuid(1), Target::existing))));
    EXPECT_EQ("accepted", code_of(run(expects_one())));
}

TEST_F(BatchIsolation, ADamagedStreamFailsOnlyThoseWhoAskForIt) {
    const auto damage = [&](std::uint64_t stream) {
        EventRow row;
        const auto store = log.open();
        row.partition = partition_of(realm, kPartitions);
        row.position = store->end().heads[row.partition] + 1;
        row.tenant = realm;
        row.tenant_position = store->tenant_heads(std::vector{realm}).front() + 1;
        row.stream = uuid(stream);
        row.version = 1;
        row.line = "{damaged";
        AppendBatch batch;
        batch.partitions.push_back({row.partition, row.position - 1, row.position});
        batch.events.push_back(std::move(row));
        EXPECT_EQ(AppendOutcome::written, store->append(batch));
    };
    const auto existing = [&](std::uint64_t stream) {
        return scripted(appends(), realm, uuid(stream), Target::existing);
    };
    ASSERT_TRUE(run(fine(1)));
    damage(66);
    for (int cached = 0; cached < 2; ++cached) {
        const auto results = run_as_one_batch({existing(1), existing(66), fine(2)});
        EXPECT_EQ((Codes{"accepted", "UNAVAILABLE", "accepted"}), codes_of(results));
        bus = make_bus();
    }
    after_queueing = [&] { damage(67); };
    EXPECT_EQ((Codes{"accepted", "accepted"}), codes_of(run_as_one_batch({existing(1), fine(2)})))
        << "met while catching up with another process";
}

TEST_F(BatchIsolation, WhatDidNotFitIntoABatchKeepsItsOrder) {
    auto small = options();
    small.limits.batch_bytes_max = 1;
    bus = std::make_unique<CommandBus>(small);
    std::vector<CommandRequest> requests;
    for (StreamVersion version = 0; version < 12; ++version) {
        requests.push_back(fine(1));
        requests.back().expected_version = version;
    }
    EXPECT_EQ(Codes(12, "accepted"), codes_of(run_as_one_batch(std::move(requests))));
    EXPECT_EQ(13U, bus->stats().batches);
}

TEST_F(BatchIsolation, AReservationLostToAnotherProcessRejectsItsLoserOnly) {
    const ReservationKey key{kPlatformRealm, "scope", "key"};
    const auto reserve = [&](CommandScope& scope) -> Handled {
        if (scope.reservation(key)) return std::unexpected(reject("DUPLICATE", "taken"));
        scope.reserve(key, {scope.target(), realm});
        return appends()(scope);
    };
    after_queueing = [&] {
        hook.once([&](EventStore& real, const AppendBatch& batch) {
            AppendBatch other;
            other.reservations.push_back({key, {uuid(50), kPlatformRealm}});
            EXPECT_EQ(AppendOutcome::written, real.append(other));
            return real.append(batch);
        });
    };
    std::vector<CommandRequest> requests;
    for (StreamVersion version = 0; version < 3; ++version) {
        requests.push_back(fine(1));
        requests.back().expected_version = version;
        if (version == 1) requests.push_back(scripted(reserve, realm, uuid(2)));
    }
    EXPECT_EQ(
        (Codes{"accepted", "accepted", "DUPLICATE", "accepted"}),
        codes_of(run_as_one_batch(std::move(requests)))
    );
    EXPECT_EQ(0U, events_of(uuid(2)));
}

TEST_F(BatchIsolation, AnAppendThatNeverFitsIsGivenUpAndFailsItsOwnCommandOnly) {
    std::atomic<int> attempts{0};
    after_queueing = [&] {
        hook.set([&](EventStore& real, const AppendBatch& batch) {
            const bool poisoned = std::ranges::count(batch.events, uuid(2), &EventRow::stream) > 0;
            if (!poisoned) return real.append(batch);
            ++attempts;
            return AppendOutcome::head_moved;
        });
    };
    const auto results = run_as_one_batch({fine(1), fine(2), fine(3), fine(1)});
    EXPECT_EQ((Codes{"accepted", "OVERLOADED", "accepted", "accepted"}), codes_of(results));
    EXPECT_LE(attempts, static_cast<int>(2 * CommandLimits{}.decide_attempts_max));
    EXPECT_EQ(4U, dense_events().size());
}

TEST_F(BatchIsolation, WhatTheDatabaseWillNeverTakeFailsItsOwnCommandOnly) {
    std::vector<CommandRequest> requests;
    Codes expected;
    for (std::uint64_t stream = 1; stream <= 60; ++stream) {
        requests.push_back(fine(stream));
        expected.emplace_back(stream == 23 || stream == 60 ? "INTERNAL" : "accepted");
    }
    std::atomic<int> refusals{0};
    after_queueing = [&] {
        hook.set([&](EventStore& real, const AppendBatch& batch) {
            const bool poisoned = std::ranges::any_of(batch.events, [](const EventRow& row) {
                return row.stream == uuid(23) || row.stream == uuid(60);
            });
            if (!poisoned) return real.append(batch);
            ++refusals;
            return AppendOutcome::refused_for_good;
        });
    };
    EXPECT_EQ(expected, codes_of(run_as_one_batch(std::move(requests))));
    EXPECT_LE(refusals, 45) << "they are found by halves, not one by one";
    EXPECT_EQ(59U, dense_events().size());
    EXPECT_EQ(2U, bus->stats().isolated);
    EXPECT_EQ((std::vector<std::string>{"WRITER-2ad9", "WRITER-2ad9"}), reports);
}

TEST_F(BatchIsolation, AGroupThatTheDatabaseWillNeverTakeFailsAsAWhole) {
    hook.set([&](EventStore& real, const AppendBatch& batch) {
        const bool poisoned = std::ranges::count(batch.events, uuid(2), &EventRow::stream) > 0;
        return poisoned ? AppendOutcome::refused_for_good : real.append(batch);
    });
    const auto results = run_group({fine(1), fine(2)}, true);
    EXPECT_EQ((Codes{"INTERNAL", "INTERNAL"}), codes_of(results));
    EXPECT_TRUE(run(fine(1)));
    EXPECT_EQ(1U, dense_events().size());
}

TEST_F(BatchIsolation, WhatWaitsForAWriterThatHangsIsRefusedInTime) {
    auto impatient = options();
    impatient.limits.queue_stall_ms_max = 10;
    bus = std::make_unique<CommandBus>(impatient);
    Gate gate;
    hook.once(gate.hook());
    auto held = submit(*bus, fine(1));
    gate.wait_until_reached();
    auto waiting = submit(*bus, fine(2));
    auto group = submit_group(*bus, {fine(3), fine(4)}, true);
    EXPECT_EQ("OVERLOADED", code_of(waiting.get()));
    EXPECT_EQ((Codes{"OVERLOADED", "OVERLOADED"}), codes_of(group.get()));
    EXPECT_EQ(3U, bus->stats().refused_stalled);
    gate.open();
    EXPECT_TRUE(held.get()) << "it is on its way to the log and cannot be called back";
    EXPECT_EQ(1U, dense_events().size());
}

TEST_F(BatchIsolation, WhoWouldBeRefusedIsToldBeforeTheCommandIsReadAndIsCounted) {
    auto narrow = options();
    narrow.limits.queue_max = 1;
    bus = std::make_unique<CommandBus>(narrow);
    const TenantId realm = fine(1).realm;
    EXPECT_FALSE(bus->refusal_now(realm).has_value());
    Gate gate;
    hook.once(gate.hook());
    auto held = submit(*bus, fine(1));
    gate.wait_until_reached();
    auto waiting = submit(*bus, fine(2));
    const auto refusal = bus->refusal_now(realm);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ("OVERLOADED", refusal->code);
    EXPECT_EQ(1U, bus->stats().refused_full);
    gate.open();
    EXPECT_TRUE(held.get());
    EXPECT_TRUE(waiting.get());
}

TEST_F(BatchIsolation, ACommandThatWaitedTooLongIsRefusedRatherThanRunLate) {
    auto hurried = options();
    hurried.limits.command_age_ms_max = -1;
    bus = std::make_unique<CommandBus>(hurried);
    EXPECT_EQ("OVERLOADED", code_of(run(fine(1))));
    EXPECT_EQ(0U, dense_events().size());
}

TEST_F(BatchIsolation, ARejectedCommandsKeyIsNotUsedBesideTheOneAnotherProcessMade) {
    crypto::SystemCryptography real{crypto::MasterKey{crypto::Key::generate()}};
    auto with_keys = options();
    with_keys.cryptography = &real;
    bus = std::make_unique<CommandBus>(with_keys);
    CommandBus other(with_keys);
    EXPECT_EQ("REFUSED", code_of(run(scripted(both(invites(true), rejects()), realm, uuid(1)))));
    EXPECT_EQ(
        (Codes{"ABORTED", "REFUSED"}),
        codes_of(
            run_group({scripted(invites(true), realm, uuid(1)), scripted(rejects(), realm, uuid(2))}, true)
        )
    );
    ASSERT_TRUE(submit(other, scripted(invites(true), realm, uuid(1))).get());
    std::optional<Email> read;
    const auto reads = [&](CommandScope& scope) -> Handled {
        read = scope.load<Invitation>(realm, uuid(1)).first->email.value;
        return appends()(scope);
    };
    ASSERT_TRUE(run(scripted(reads, realm, uuid(3))));
    EXPECT_EQ(text<Email>("bob@example.org"), read);
}

}  // namespace
}  // namespace annals
