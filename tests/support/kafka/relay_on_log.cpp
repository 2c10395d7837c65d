// A process of its own that publishes a log in PostgreSQL until SIGTERM, so that tests can kill or pause it,
// or take its connections away. It dies with its parent and after five minutes at the latest.
#include "infra/kafka/relay.hpp"
#include "infra/postgres/pg_relay_log.hpp"

#include <cstdio>
#include <cstdlib>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

constexpr unsigned kLifetimeSeconds = 300;

}  // namespace

int main(int argc, char** argv) {
    using namespace annals::kafka;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(kLifetimeSeconds);
    if (argc != 7 || std::strtol(argv[6], nullptr, 10) != getppid()) {
        std::fputs("usage: DSN BOOTSTRAP TOPIC PARTITIONS TRANSACTION_TIMEOUT_MS PARENT_PID\n", stderr);
        return 64;
    }
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before any thread
    const auto log = annals::pg::make_pg_relay_log(argv[1]);
    const LogSink sink = [](Severity severity, std::string_view code, const std::string& message) {
        if (severity == Severity::debug) return;
        std::fprintf(
            stderr, "[%d] %.*s %s\n", getpid(), static_cast<int>(code.size()), code.data(), message.c_str()
        );
    };
    RelaySettings settings;
    settings.broker = {BrokerKind::real, argv[2]};
    settings.topic = argv[3];
    settings.partitions = static_cast<std::uint16_t>(std::strtoul(argv[4], nullptr, 10));
    settings.transaction_timeout = std::chrono::milliseconds(std::strtol(argv[5], nullptr, 10));
    Relay relay(settings, *log, sink);
    relay.start();
    int signal = 0;
    sigwait(&stop, &signal);
    relay.stop();
    return 0;
}
