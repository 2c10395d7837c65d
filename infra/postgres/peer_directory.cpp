#include "infra/postgres/peer_directory.hpp"

#include "infra/postgres/heartbeat.hpp"
#include "infra/postgres/pg_errors.hpp"
#include "infra/runtime/log.hpp"

#include <utility>

namespace annals::pg {

using std::chrono::steady_clock;

struct PeerDirectory::Impl {
    Impl(std::string dsn, PeerRow row, std::function<void(const std::vector<PeerRow>&)> callback)
        : self(std::move(row)),
          table(std::move(dsn), self),
          changed(std::move(callback)),
          heartbeat(parts()) {}

    Heartbeat::Parts parts();
    void beat();
    void tell(std::vector<PeerRow> now_living);

    const PeerRow self;
    PeerTable table;
    const std::function<void(const std::vector<PeerRow>&)> changed;
    std::vector<PeerRow> living;
    steady_clock::time_point heard_at{};
    Heartbeat heartbeat;
};

Heartbeat::Parts PeerDirectory::Impl::parts() {
    return {
        .thread_name = "peers",
        .interval = kPeerHeartbeat,
        .beat = [this] { beat(); },
        .wait = [this](int wake_fd, std::chrono::milliseconds how_long) { table.wait(wake_fd, how_long); },
        .drop = [this] { table.drop(); },
        .leave = [this] { table.leave(); },
        .failed =
            [](const PgError& error) {
                runtime::log(
                    runtime::Level::warning, "PG-4be1", "the list of API processes could not be read",
                    {{"error", error.what()}}
                );
            },
        .stayed =
            [](const PgError& error) {
                runtime::log(
                    runtime::Level::info, "PG-d37a",
                    "this process could not be taken off the list of API processes", {{"error", error.what()}}
                );
            },
    };
}

void PeerDirectory::Impl::beat() {
    try {
        tell(table.beat());
        heard_at = steady_clock::now();
    } catch (const PgError&) {
        if (steady_clock::now() - heard_at > kPeersBelieved) tell({});
        throw;
    }
}

void PeerDirectory::Impl::tell(std::vector<PeerRow> now_living) {
    if (now_living == living) return;
    living = std::move(now_living);
    changed(living);
}

PeerDirectory::PeerDirectory(
    std::string dsn, PeerRow self, std::function<void(const std::vector<PeerRow>&)> changed
)
    : impl_(std::make_unique<Impl>(std::move(dsn), std::move(self), std::move(changed))) {}

PeerDirectory::~PeerDirectory() = default;

void PeerDirectory::start() {
    impl_->heartbeat.start();
}

bool PeerDirectory::stop_within(std::chrono::milliseconds limit) {
    return impl_->heartbeat.stop_within(limit);
}

void PeerDirectory::stop() {
    impl_->heartbeat.stop();
}

}  // namespace annals::pg
