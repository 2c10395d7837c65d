#pragma once

#include "commands/kernel/command_bus.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/runtime/clock.hpp"
#include "tests/support/log_invariants.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/scripted_bus.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace annals::test {

/// Command buses on a log in PostgreSQL; each bus stands for a process of its own.
class PgBuses : public testing::Test {
protected:
    using Codes = std::vector<std::string>;
    static constexpr std::uint16_t kPartitions = 8;

    PgDatabase database{PgDatabase::Contents::migrated, kPartitions};
    runtime::SystemClock clock;
    crypto::SystemIdSource ids;
    crypto::SystemCryptography cryptography{crypto::MasterKey{crypto::Key::generate()}};

    CommandBusOptions options(std::string dsn) {
        CommandBusOptions options;
        options.partitions = kPartitions;
        options.open_store = [dsn = std::move(dsn)] { return pg::make_pg_event_store(dsn); };
        options.clock = &clock;
        options.ids = &ids;
        options.cryptography = &cryptography;
        return options;
    }
    std::unique_ptr<CommandBus> make_bus() { return make_bus(database.engine_dsn()); }
    std::unique_ptr<CommandBus> make_bus(std::string dsn) {
        return std::make_unique<CommandBus>(options(std::move(dsn)));
    }
    /// A command with an id that no other process has.
    CommandRequest command(Script script, TenantId realm, const Uuid& stream) {
        CommandRequest request = scripted(std::move(script), realm, stream);
        request.command_id = CommandId{ids.next()};
        return request;
    }
    std::uint64_t events_of(const Uuid& stream) {
        return std::stoull(
            database.value("select count(*) from log.event where stream_id = '" + stream.to_string() + "'")
        );
    }
    void expect_sound_log() { EXPECT_EQ(Codes{}, broken_invariants(database)); }
};

}  // namespace annals::test
