#include "infra/runtime/shutdown.hpp"

#include "domain/kernel/thread_name.hpp"
#include "infra/runtime/log.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace annals::runtime {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

}  // namespace

ShutdownSignals::ShutdownSignals() {
    std::signal(SIGPIPE, SIG_IGN);
    const auto signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal_fd_ = checked(::signalfd(-1, &signals, SFD_CLOEXEC), "SHUTDOWN-41aa signalfd");
    wake_fd_ = checked(::eventfd(0, EFD_CLOEXEC), "SHUTDOWN-0be3 eventfd");
    watcher_ = std::thread([this] { watch(); });
}

ShutdownSignals::~ShutdownSignals() {
    ::eventfd_write(wake_fd_, 1);
    watcher_.join();
    ::close(signal_fd_);
    ::close(wake_fd_);
    const auto signals = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

int ShutdownSignals::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_cause_.has_value(); });
    return *stop_cause_;
}

std::optional<int> ShutdownSignals::wait_for(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return stop_cause_.has_value(); });
    return stop_cause_;
}

bool ShutdownSignals::requested() const {
    const std::scoped_lock lock(mutex_);
    return stop_cause_.has_value();
}

void ShutdownSignals::request() {
    note(0);
}

void ShutdownSignals::note(int signal) {
    {
        const std::scoped_lock lock(mutex_);
        if (!stop_cause_) stop_cause_ = signal;
    }
    changed_.notify_all();
}

void ShutdownSignals::watch() {
    name_this_thread("signals");
    bool signalled = false;
    while (true) {
        std::array<pollfd, 2> watched{{{signal_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), -1) < 0) continue;  // EINTR: ask again
        if (watched[1].revents != 0) return;
        signalfd_siginfo info{};
        if (::read(signal_fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
        const auto signal = static_cast<int>(info.ssi_signo);
        if (signalled) {
            log(Level::warning, "SHUTDOWN-77d1", "second signal, leaving at once", {{"signal", signal}});
            ::_exit(128 + signal);
        }
        signalled = true;
        log(Level::info, "SHUTDOWN-1f60", "stopping; a second signal leaves at once", {{"signal", signal}});
        note(signal);
    }
}

}  // namespace annals::runtime
