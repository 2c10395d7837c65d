#include "infra/postgres/listener.hpp"

#include "domain/kernel/thread_name.hpp"
#include "infra/postgres/connection.hpp"
#include "infra/postgres/limits.hpp"
#include "infra/runtime/log.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace annals::pg {

namespace {

/// A connection that hears nothing is tried this often, because a dead peer does not say that it is dead.
constexpr std::chrono::milliseconds kListenCheck{30'000};

}  // namespace

class Listener::Impl {
public:
    Impl(std::string dsn, Callback callback, const std::string& channel)
        : dsn_(std::move(dsn)),
          callback_(std::move(callback)),
          listen_(fmt::format("listen \"{}\"", channel)),
          wake_(::eventfd(0, EFD_CLOEXEC)) {
        if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
        thread_ = std::thread([this] { run(); });
    }
    ~Impl() {
        stop();
        ::close(wake_);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void stop() {
        stopping_ = true;
        const std::uint64_t one = 1;
        // It cannot fail: the counter is far from its end, and nobody reads it back.
        [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
        if (thread_.joinable()) thread_.join();
    }

private:
    void run() {
        name_this_thread("listener");
        std::int64_t delay_ms = 0;
        while (!stopping_) {
            try {
                Connection connection(dsn_, kListenerSession);
                connection.execute(listen_);
                callback_({});
                delay_ms = 0;
                while (!stopping_) {
                    bool heard = false;
                    connection.wait_notifications(wake_, kListenCheck, [&](std::string_view payload) {
                        heard = true;
                        callback_(payload);
                    });
                    if (!heard && !stopping_) connection.execute("select 1");
                }
            } catch (const PgError& error) {
                runtime::log(
                    runtime::Level::warning, "PG-c07b", "the listener lost PostgreSQL and connects anew",
                    {{"error", error.what()}}
                );
                delay_ms = std::clamp(delay_ms * 2, kReconnectMinMs, kReconnectMaxMs);
                pollfd wake{.fd = wake_, .events = POLLIN, .revents = 0};
                (void)::poll(&wake, 1, static_cast<int>(delay_ms));
            }
        }
    }

    const std::string dsn_;
    const Callback callback_;
    const std::string listen_;
    const int wake_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

Listener::Listener(std::string dsn, Callback callback, const std::string& channel)
    : impl_(std::make_unique<Impl>(std::move(dsn), std::move(callback), channel)) {}
Listener::~Listener() = default;

void Listener::stop() {
    impl_->stop();
}

}  // namespace annals::pg
