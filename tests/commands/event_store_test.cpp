#include "tests/commands/event_store_suite.hpp"
#include "tests/support/memory_log.hpp"

namespace annals::test {
namespace {

class InMemory final : public LogUnderTest {
public:
    std::unique_ptr<EventStore> open() override { return log_.open(); }
    void raise_epoch() override { log_.raise_epoch(); }

private:
    MemoryLog log_{3};
};

std::unique_ptr<LogUnderTest> make_log() {
    return std::make_unique<InMemory>();
}

INSTANTIATE_TEST_SUITE_P(Log, EventStorePort, testing::Values(LogKind{"memory", make_log}));

}  // namespace
}  // namespace annals::test
