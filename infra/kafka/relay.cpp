#include "infra/kafka/relay.hpp"

#include "domain/kernel/assert.hpp"
#include "domain/kernel/thread_name.hpp"
#include "infra/kafka/relay_session.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

namespace annals::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long an append of another process may wait unseen; our own are told by notify().
constexpr milliseconds kIdlePoll{20};
/// The least time from one transaction's start to the next: events that arrive meanwhile share a transaction.
constexpr milliseconds kCommitInterval{10};
constexpr milliseconds kStandbyPoll{500};
constexpr milliseconds kBackoffMin{100};
constexpr milliseconds kBackoffMax{5'000};

}  // namespace

struct Relay::Impl {
    Impl(RelaySettings given, RelayLog& events, LogSink logger)
        : settings(std::move(given)), log(events), sink(std::move(logger)) {
        ANNALS_ASSERT(settings.partitions > 0, "a log has partitions");
        // An embedded broker belongs to this process alone, so its relay excludes nobody; a lease of its own
        // keeps the log's session the same in both cases.
        if (settings.broker.kind == BrokerKind::embedded) {
            lease += fmt::format(" embedded {:08x}{:08x}", std::random_device{}(), std::random_device{}());
        }
        board.update([&](RelayStatus& status) {
            status.broker = settings.broker.kind;
            status.partitions.resize(settings.partitions);
        });
    }

    void run() {
        name_this_thread("relay");
        auto backoff = kBackoffMin;
        while (!stopping.load()) {
            bool failed = false;
            try {
                if (!lead()) wait_for_stop(jittered(kStandbyPoll));
            } catch (const RelaySessionEnded& ended) {
                failed = ended.kind() != ProducerFailure::stopped;
                if (failed) report_failure(ended.kind(), ended.what());
            } catch (const std::exception& error) {
                failed = true;
                report_failure(ProducerFailure::transient, error.what());
            }
            if (!failed) continue;
            show_heads();
            // Another process may reach what this one does not.
            log.resign();
            if (published_in_session) backoff = kBackoffMin;
            wait_for_stop(jittered(backoff));
            backoff = std::min(backoff * 2, kBackoffMax);
        }
        log.resign();
        enter(RelayPhase::stopped, {});
    }

    /// One term as leader; returns false at once when another process leads, and true when asked to stop or
    /// when the next term can begin.
    bool lead() {
        published_in_session = false;
        if (!log.acquire_leadership(lease)) {
            enter(RelayPhase::standby, "another process publishes");
            return false;
        }
        enter(
            RelayPhase::starting, "asking the broker " + settings.broker.bootstrap + " where the topic ends"
        );
        const std::function<bool()> stop_requested = [this] { return stopping.load(); };
        RelaySession session(settings, log, board, sink, stop_requested);
        session.open();
        sink(
            Severity::info, "KAFKA-a0d3",
            fmt::format(
                "publishing {} partitions to topic {} on the {} broker {}", settings.partitions,
                settings.topic, to_string(settings.broker.kind), settings.broker.bootstrap
            )
        );
        while (!stopping.load()) {
            const auto started = Clock::now();
            signalled.store(false);  // before the heads are read, so that nothing told afterwards is missed
            const auto round = session.publish_round();
            published_in_session = published_in_session || round != RelaySession::Round::idle;
            if (round == RelaySession::Round::behind) continue;
            if (round == RelaySession::Round::epoch_raised) {
                sink(
                    Severity::info, "KAFKA-2c90",
                    "the log's epoch was raised; looking anew where the topic ends"
                );
                return true;
            }
            wait_for_signal();
            if (round == RelaySession::Round::published) {
                const auto next = started + kCommitInterval;
                if (const auto now = Clock::now(); now < next) {
                    wait_for_stop(std::chrono::ceil<milliseconds>(next - now));
                }
            }
        }
        return true;
    }

    void report_failure(ProducerFailure kind, const std::string& message) {
        board.update([&](RelayStatus& status) {
            ++status.failures_total;
            if (kind == ProducerFailure::fenced) ++status.fenced_total;
        });
        enter(RelayPhase::retrying, message);
        sink(Severity::warning, "KAFKA-1e67", "publishing stopped and starts over: " + message);
    }

    /// The log goes on while the broker is away, and what is owed to the topic has to show.
    void show_heads() {
        const std::optional<LogEnd> end = end_if_reachable();
        if (end) board.update([&](RelayStatus& status) { status.see(end->heads); });
    }

    std::optional<LogEnd> end_if_reachable() {
        try {
            return log.end();
        } catch (const std::exception&) {
            return std::nullopt;
        }
    }

    void enter(RelayPhase phase, std::string message) {
        board.update([&](RelayStatus& status) {
            status.phase = phase;
            status.message = std::move(message);
            status.commit_since.reset();
            if (phase == RelayPhase::publishing) return;
            for (auto& partition : status.partitions) {
                // A refusal stays on show until the next session has looked again.
                if (partition.state != RelayPartitionState::refused)
                    partition.state = RelayPartitionState::unknown;
            }
        });
    }

    void wait_for_signal() {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, kIdlePoll, [this] { return signalled.load() || stopping.load(); });
    }

    void wait_for_stop(milliseconds time) {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, time, [this] { return stopping.load(); });
    }

    milliseconds jittered(milliseconds time) {
        std::uniform_int_distribution<milliseconds::rep> spread(time.count() / 2, time.count());
        return milliseconds(spread(random));
    }

    RelaySettings settings;
    RelayLog& log;
    LogSink sink;
    std::string lease{settings.group};
    RelayStatusBoard board;
    std::mutex mutex;  // guards the waits only
    std::condition_variable wake;
    std::atomic<bool> signalled{false};
    std::atomic<bool> stopping{false};
    bool published_in_session{false};
    std::minstd_rand random{std::random_device{}()};
    std::thread thread;
};

Relay::Relay(RelaySettings settings, RelayLog& log, LogSink sink)
    : impl_(std::make_unique<Impl>(std::move(settings), log, std::move(sink))) {}

Relay::~Relay() {
    stop();
}

void Relay::start() {
    ANNALS_ASSERT(!impl_->thread.joinable(), "start() of a running relay");
    impl_->stopping.store(false);
    impl_->thread = std::thread([this] { impl_->run(); });
}

void Relay::stop() {
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->stopping.store(true);
    }
    impl_->wake.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

void Relay::notify() noexcept {
    if (impl_->signalled.exchange(true)) return;
    // The empty section keeps the signal from falling between the waiter's check and its sleep.
    {
        const std::scoped_lock lock(impl_->mutex);
    }
    impl_->wake.notify_all();
}

RelayStatus Relay::status() const {
    return impl_->board.snapshot();
}

}  // namespace annals::kafka
