// A process of its own that runs a relay over a GrowingLog until everything is published, so that tests can
// kill or pause it at any moment. It dies with its parent and after a minute at the latest.
#include "infra/kafka/relay.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/kafka/memory_log.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

constexpr unsigned kLifetimeSeconds = 60;
constexpr std::uint64_t kRecordsMax = 100'000;

}  // namespace

int main(int argc, char** argv) {
    using namespace annals::kafka;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(kLifetimeSeconds);
    if (argc != 9 || std::strtol(argv[8], nullptr, 10) != getppid()) {
        std::fputs("usage: BOOTSTRAP TOPIC SEED PARTITIONS RECORDS RATE START_NS PARENT_PID\n", stderr);
        return 64;
    }
    const auto partitions = static_cast<std::uint16_t>(std::strtoul(argv[4], nullptr, 10));
    const auto records = std::strtoull(argv[5], nullptr, 10);
    if (records > kRecordsMax) return 64;
    const std::chrono::steady_clock::time_point start{
        std::chrono::nanoseconds(std::strtoll(argv[7], nullptr, 10))
    };
    test::GrowingLog log(
        std::strtoull(argv[3], nullptr, 10), partitions, records, std::strtod(argv[6], nullptr), start
    );
    const LogSink sink = [](Severity severity, std::string_view code, std::string message) {
        if (severity == Severity::debug) return;
        std::fprintf(
            stderr, "[%d] %.*s %s\n", getpid(), static_cast<int>(code.size()), code.data(), message.c_str()
        );
    };
    RelaySettings settings;
    settings.broker = {BrokerKind::real, argv[1]};
    settings.topic = argv[2];
    settings.partitions = partitions;
    Relay relay(settings, log, sink);
    relay.start();
    const auto published = [&] {
        const auto status = relay.status();
        std::uint64_t done = 0;
        for (const auto& partition : status.partitions) done += partition.published;
        return done == records * partitions;
    };
    return test::eventually(published, std::chrono::seconds(kLifetimeSeconds)) ? 0 : 1;
}
