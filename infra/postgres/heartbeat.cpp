#include "infra/postgres/heartbeat.hpp"

#include "domain/kernel/thread_name.hpp"
#include "infra/postgres/pg_errors.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace annals::pg {

namespace {

/// Soon enough that a session that ended alone is replaced before the process is taken for dead.
constexpr std::chrono::milliseconds kRetryWait{200};

}  // namespace

struct Heartbeat::Impl {
    explicit Impl(Parts given) : parts(std::move(given)), wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (wake < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    ~Impl() { ::close(wake); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void run();
    void leave() const;
    void signal() const {
        const std::uint64_t one = 1;
        // It cannot fail: the counter is far from its end.
        [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
    }
    void quiet() const {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto read = ::read(wake, &count, sizeof count);
    }

    const Parts parts;
    const int wake;
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::condition_variable end;
    bool ended{true};  ///< no thread, or none that does anything any more
    std::thread thread;
};

void Heartbeat::Impl::run() {
    name_this_thread(parts.thread_name);
    bool away = false;
    while (!stopping) {
        try {
            quiet();
            parts.beat();
            away = false;
            parts.wait(wake, parts.interval);
            continue;
        } catch (const PgError& error) {
            if (error.disconnected()) parts.drop();
            if (!std::exchange(away, true)) parts.failed(error);
        }
        pollfd woken{.fd = wake, .events = POLLIN, .revents = 0};
        (void)::poll(&woken, 1, static_cast<int>(kRetryWait.count()));
    }
    leave();
    const std::lock_guard lock(mutex);
    ended = true;
    end.notify_all();
}

void Heartbeat::Impl::leave() const {
    try {
        parts.leave();
    } catch (const PgError& error) {
        parts.stayed(error);
    }
}

Heartbeat::Heartbeat(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

Heartbeat::~Heartbeat() {
    stop();
}

void Heartbeat::start() {
    impl_->ended = false;
    impl_->thread = std::thread([this] { impl_->run(); });
}

void Heartbeat::stop() {
    impl_->stopping = true;
    impl_->signal();
    if (impl_->thread.joinable()) impl_->thread.join();
}

bool Heartbeat::stop_within(std::chrono::milliseconds limit) {
    impl_->stopping = true;
    impl_->signal();
    std::unique_lock lock(impl_->mutex);
    return impl_->end.wait_for(lock, limit, [this] { return impl_->ended; });
}

void Heartbeat::look() {
    impl_->signal();
}

}  // namespace annals::pg
