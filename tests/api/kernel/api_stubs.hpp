#pragma once

#include "api/kernel/authentication.hpp"
#include "api/kernel/services.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/hooked_store.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace annals::api {

/// The token of the one person whom OneToken knows.
inline constexpr std::string_view kToken = "ada";

/// What no command of a resource route comes to.
struct NoQueries final : QueryReader {
    std::unique_ptr<QueryResult> query(TenantId, const Statement&, std::span<const QueryParam>) override {
        throw std::logic_error("a command asked a query table");
    }
};
struct NoProgress final : ProjectionProgressReader {
    ProjectionProgress read(std::span<const std::string>) override { return {}; }
    std::vector<std::string> copies() override { return {}; }
    std::vector<ParkedEntry> parked(std::size_t) override { return {}; }
};
struct NoPasswords final : Passwords {
    bool submit(std::move_only_function<void()>, std::move_only_function<void()>) override { return false; }
    std::string hash(const std::string&) override { return {}; }
    bool verify(const std::optional<std::string>&, const std::string&) override { return false; }
    std::optional<std::string> weakness(const std::string&, const std::string&) override { return {}; }
};
struct NoBootstrap final : Bootstrap {
    bool matches(std::string_view) override { return false; }
};
struct WorkersOnTheSpot final : Workers {
    bool submit(std::move_only_function<void()> job, std::move_only_function<void()>) override {
        job();
        return true;
    }
};
/// One token, of one person.
struct OneToken final : AccessTokens {
    explicit OneToken(const Principal& whose) : principal(whose) {}
    std::optional<Principal> verify(std::string_view token, Instant) override {
        if (token != kToken) return std::nullopt;
        return principal;
    }
    std::string mint(Principal&, Instant) override { return std::string(kToken); }
    [[nodiscard]] std::int64_t lifetime_s() const override { return 600; }
    [[nodiscard]] std::string jwks() const override { return {}; }
    Principal principal;
};

/// A session of this person that lasts an hour.
inline SessionId begin_session(test::CommandWorld& world, UserId person) {
    const SessionId begun{world.ids.next()};
    const identity::RecordLogin login{
        .session_id = begun,
        .credential_id = CredentialId{world.ids.next()},
        .token_hash = Secret::trusted("first"),
        .expires_at = world.clock.now() + 3600 * kMicrosPerSecond,
    };
    EXPECT_TRUE(world.send(person, realm_of(person), person.value, login));
    return begun;
}

/// What the routes of one process work with: the world's log behind a command bus of its own, and stubs.
struct StubbedProcess {
    StubbedProcess(test::CommandWorld& shared, const Principal& principal, const CommandLimits& limits = {})
        : world(shared), bus(bus_options(limits)), tokens(principal) {}
    StubbedProcess(const StubbedProcess&) = delete;
    StubbedProcess& operator=(const StubbedProcess&) = delete;

    CommandBusOptions bus_options(const CommandLimits& limits) {
        return {
            .partitions = test::CommandWorld::kPartitions,
            .limits = limits,
            .open_store = [this] { return std::make_unique<test::HookedStore>(world.log.open(), hook); },
            .clock = &world.clock,
            .ids = &world.ids,
            .cryptography = &world.cryptography,
            .appended = {},
            .report = {},
        };
    }

    test::CommandWorld& world;
    test::AppendHook hook;
    CommandBus bus;
    NoQueries reader;
    NoProgress progress;
    NoPasswords passwords;
    NoBootstrap bootstrap;
    WorkersOnTheSpot workers;
    OneToken tokens;
    Visibility visibility{1, test::CommandWorld::kPartitions};
    AccessDirectory directory{world.log.open(), world.cryptography, test::CommandWorld::kPartitions};
    http::CursorCodec cursors{[](std::string_view) { return std::array<std::uint8_t, 32>{}; }};
    Services services{
        .bus = bus,
        .reader = reader,
        .visibility = visibility,
        .projections = progress,
        .directory = directory,
        .tokens = tokens,
        .passwords = passwords,
        .workers = workers,
        .bootstrap = bootstrap,
        .clock = world.clock,
        .ids = world.ids,
        .cryptography = world.cryptography,
        .cursors = cursors,
        .partitions = test::CommandWorld::kPartitions,
        .session_lifetime_s = 3600,
        .report = [](std::string_view, const std::string&, const std::string&) {},
    };
    AccessChecks checks{directory, 60'000};
};

}  // namespace annals::api
