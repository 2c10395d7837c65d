#pragma once

#include "commands/kernel/command_bus.hpp"
#include "commands/kernel/command_table.hpp"
#include "domain/organizations/tenant.hpp"
#include "tests/support/command_results.hpp"
#include "tests/support/hooked_store.hpp"
#include "tests/support/memory_log.hpp"
#include "tests/support/values.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace annals::test {

/// What a test's command does, on the writer's thread.
using Script = std::function<Handled(CommandScope&)>;

/// A command type whose command is a Script and whose stream is an organization.
inline const CommandType& scripted_type(Target target, Access access) {
    static constexpr contract::CommandShape kShape{.name = "test.Script"};
    static const auto kRun =
        +[](CommandScope& scope, const void* script) { return (*static_cast<const Script*>(script))(scope); };
    const auto row = [](Target to, Access by) {
        return CommandType{
            .shape = &kShape,
            .aggregate = &aggregate_type<organizations::Tenant>(),
            .target = to,
            .access = by,
            .permission = organizations::Permission::org_settings,
            .handler = kRun,
        };
    };
    static const std::vector<CommandType> kTypes{
        row(Target::creates, Access::permission), row(Target::creates, Access::internal),
        row(Target::existing, Access::permission), row(Target::existing, Access::internal)
    };
    return kTypes[(target == Target::existing ? 2U : 0U) + (access == Access::internal ? 1U : 0U)];
}

inline contract::AnyEvent renamed(std::string_view to) {
    return contract::AnyEvent::of(organizations::TenantRenamed{
        {text<organizations::TenantName>("before"), text<organizations::TenantName>(to)}
    });
}

/// Appends so many events to the command's stream.
inline Script appends(int events = 1, std::string name = "after") {
    return [=](CommandScope& scope) -> Handled {
        std::vector<contract::AnyEvent> all;
        for (int i = 0; i < events; ++i) all.push_back(renamed(name));
        scope.append_events(
            aggregate_type<organizations::Tenant>(), scope.realm(), scope.target(), std::move(all)
        );
        return {};
    };
}
inline Script rejects(std::string code = "REFUSED") {
    return [=](CommandScope&) -> Handled { return std::unexpected(reject(code, "the script says so")); };
}
/// One after the other, until one rejects.
inline Script both(Script first, Script second) {
    return [=](CommandScope& scope) -> Handled {
        if (auto handled = first(scope); !handled) return handled;
        return second(scope);
    };
}

inline CommandRequest scripted(
    Script script, TenantId realm, const Uuid& stream, Target target = Target::creates,
    Access access = Access::internal
) {
    CommandRequest request;
    request.type = &scripted_type(target, access);
    request.command = std::make_shared<const Script>(std::move(script));
    request.realm = realm;
    request.target = stream;
    request.actor = {contract::ActorKind::user, uuid(7), std::nullopt};
    static std::atomic<std::uint64_t> commands{0};
    request.command_id = CommandId{uuid(0xc000'0000'0000 + ++commands)};
    return request;
}

/// The same with a command id that the client chose.
inline CommandRequest repeatable(CommandRequest request, std::uint64_t command, std::uint8_t body = 1) {
    request.command_id = CommandId{uuid(command)};
    request.repeatable = true;
    request.request_hash.fill(body);
    return request;
}

inline std::future<CommandResult> submit(CommandBus& bus, CommandRequest request) {
    auto answered = std::make_shared<std::promise<CommandResult>>();
    bus.submit(std::move(request), [answered](CommandResult result) {
        answered->set_value(std::move(result));
    });
    return answered->get_future();
}
inline std::future<std::vector<CommandResult>> submit_group(
    CommandBus& bus, std::vector<CommandRequest> requests, bool atomic
) {
    auto answered = std::make_shared<std::promise<std::vector<CommandResult>>>();
    bus.submit_group(std::move(requests), atomic, [answered](std::vector<CommandResult> results) {
        answered->set_value(std::move(results));
    });
    return answered->get_future();
}

inline std::vector<std::string> codes_of(const std::vector<CommandResult>& results) {
    std::vector<std::string> codes;
    for (const CommandResult& result : results) codes.push_back(code_of(result));
    return codes;
}

/// A bus with one writer over a log in memory, whose appends a test may hold or spoil.
class ScriptedBus : public testing::Test {
protected:
    using Codes = std::vector<std::string>;
    static constexpr std::uint16_t kPartitions = 4;

    MemoryLog log{kPartitions};
    AppendHook hook;
    FixedClock clock{instant("2026-03-01T12:00:00Z")};
    CountingIds ids;
    PlainCryptography cryptography;
    std::mutex reports_mutex;
    std::vector<std::string> reports;  ///< codes
    TenantId realm{uuid(11)};

    CommandBusOptions options() {
        return {
            .partitions = kPartitions,
            .open_store = [this] { return std::make_unique<HookedStore>(log.open(), hook); },
            .clock = &clock,
            .ids = &ids,
            .cryptography = &cryptography,
            .appended = {},
            .report =
                [this](std::string_view code, const std::string&) {
                    const std::lock_guard lock(reports_mutex);
                    reports.emplace_back(code);
                },
        };
    }
    std::unique_ptr<CommandBus> make_bus() { return std::make_unique<CommandBus>(options()); }

    CommandResult run(CommandRequest request) { return submit(*bus, std::move(request)).get(); }
    std::vector<CommandResult> run_group(std::vector<CommandRequest> requests, bool atomic) {
        return submit_group(*bus, std::move(requests), atomic).get();
    }
    /// Queues the commands behind one that the gate holds, so that they become one batch.
    std::vector<CommandResult> run_as_one_batch(std::vector<CommandRequest> requests) {
        Gate gate;
        hook.once(gate.hook());
        auto first = submit(*bus, scripted(appends(), TenantId{uuid(99)}, ids.next()));
        gate.wait_until_reached();
        std::vector<std::future<CommandResult>> answers;
        for (CommandRequest& request : requests) answers.push_back(submit(*bus, std::move(request)));
        if (after_queueing) after_queueing();
        gate.open();
        EXPECT_TRUE(first.get());
        std::vector<CommandResult> results;
        for (auto& answer : answers) results.push_back(answer.get());
        return results;
    }

    /// All events as "stream-number:version", by partition and position; positions, versions and realm
    /// positions are checked to be dense on the way.
    std::vector<EventRow> dense_events() {
        std::map<std::uint16_t, std::uint64_t> positions;
        std::map<std::pair<std::uint16_t, Uuid>, std::uint64_t> versions;
        std::map<TenantId, std::uint64_t> realms;
        const auto events = log.events();
        for (const EventRow& row : events) {
            EXPECT_EQ(++positions[row.partition], row.position);
            EXPECT_EQ((++versions[{row.partition, row.stream}]), row.version);
            EXPECT_EQ(++realms[row.tenant], row.tenant_position);
        }
        return events;
    }
    std::size_t events_of(const Uuid& stream) {
        const auto events = dense_events();
        return static_cast<std::size_t>(std::ranges::count(events, stream, &EventRow::stream));
    }

    std::function<void()> after_queueing;
    std::unique_ptr<CommandBus> bus = make_bus();
};

}  // namespace annals::test
