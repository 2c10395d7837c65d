#include "infra/postgres/log_epoch.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "tests/commands/event_store_suite.hpp"
#include "tests/support/pg_fixture.hpp"

namespace annals::test {
namespace {

class InPostgresql final : public LogUnderTest {
public:
    std::unique_ptr<EventStore> open() override { return pg::make_pg_event_store(database_.engine_dsn()); }
    void raise_epoch() override { (void)pg::raise_epoch(database_.owner_dsn(), "test"); }

private:
    PgDatabase database_{PgDatabase::Contents::migrated, 3};
};

std::unique_ptr<LogUnderTest> make_log() {
    return std::make_unique<InPostgresql>();
}

INSTANTIATE_TEST_SUITE_P(Log, EventStorePort, testing::Values(LogKind{"postgresql", make_log}));

}  // namespace
}  // namespace annals::test
