#include "projections/kernel/visibility.hpp"

#include "domain/kernel/thread_name.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace annals {

struct Visibility::Impl {
    struct Waiter {
        std::uint16_t partition{0};
        std::uint64_t number{0};
        Deadline deadline{};
        Callback callback;
    };
    using Waiters = std::multimap<std::pair<std::uint16_t, std::uint64_t>, Waiter*>;

    mutable std::mutex mutex;
    std::condition_variable deadlines_changed;
    std::uint32_t epoch{1};
    std::vector<std::uint64_t> heads;
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::uint64_t> raises;  ///< partition and epoch: after
    Waiters by_position;
    std::multimap<Deadline, std::unique_ptr<Waiter>> by_deadline;
    bool closed{false};
    std::thread watcher;

    /// Up to which number positions of an older epoch are still true; nothing when that is not known.
    std::optional<std::uint64_t> kept_until(const Position& position) const {
        std::optional<std::uint64_t> until;
        for (const auto& [place, after] : raises) {
            if (place.first != position.partition || place.second <= position.epoch) continue;
            until = std::min(until.value_or(after), after);
        }
        return until;
    }

    /// What is known without waiting.
    std::optional<Visible> answer(const Position& position) const {
        if (position.epoch > epoch || position.partition >= heads.size()) return Visible::never;
        if (position.epoch < epoch && position.number > kept_until(position).value_or(0))
            return Visible::never;
        if (position.number <= heads[position.partition]) return Visible::yes;
        if (closed) return Visible::closed;
        if (by_deadline.size() >= kVisibilityWaitersMax) return Visible::refused;
        return std::nullopt;
    }

    /// Takes a waiter out of both lists; its callback is called without the mutex.
    Callback remove(Waiter* waiter) {
        Callback callback = std::move(waiter->callback);
        auto [place, places_end] = by_position.equal_range({waiter->partition, waiter->number});
        while (place != places_end && place->second != waiter) ++place;
        by_position.erase(place);
        auto [due, dues_end] = by_deadline.equal_range(waiter->deadline);
        while (due != dues_end && due->second.get() != waiter) ++due;
        by_deadline.erase(due);
        return callback;
    }

    std::vector<Callback> remove_all() {
        std::vector<Callback> callbacks;
        for (auto& [deadline, waiter] : by_deadline) callbacks.push_back(std::move(waiter->callback));
        by_deadline.clear();
        by_position.clear();
        return callbacks;
    }

    void watch_deadlines() {
        name_this_thread("visibility");
        std::unique_lock lock(mutex);
        while (!closed) {
            if (by_deadline.empty()) {
                deadlines_changed.wait(lock);
                continue;
            }
            const Deadline first = by_deadline.begin()->first;
            if (std::chrono::steady_clock::now() < first) {
                deadlines_changed.wait_until(lock, first);
                continue;
            }
            Callback late = remove(by_deadline.begin()->second.get());
            lock.unlock();
            late(Visible::timed_out);
            lock.lock();
        }
    }
};

Visibility::Visibility(std::uint32_t epoch, std::uint16_t partitions) : impl_(std::make_unique<Impl>()) {
    impl_->epoch = epoch;
    impl_->heads.resize(partitions);
    impl_->watcher = std::thread([this] { impl_->watch_deadlines(); });
}

Visibility::~Visibility() {
    close();
    impl_->watcher.join();
}

void Visibility::applied(const Position& position) {
    std::vector<Callback> seen;
    std::vector<Callback> lost;
    {
        const std::scoped_lock lock(impl_->mutex);
        if (position.partition >= impl_->heads.size()) return;
        // Where the epoch was raised while the log is served, what was appended before may be applied after.
        if (position.epoch < impl_->epoch && position.number > impl_->kept_until(position).value_or(0))
            return;
        if (position.epoch > impl_->epoch) {
            impl_->epoch = position.epoch;
            impl_->heads.assign(impl_->heads.size(), 0);
            lost = impl_->remove_all();
        }
        auto& head = impl_->heads[position.partition];
        if (position.number <= head) return;
        head = position.number;
        auto next = impl_->by_position.lower_bound({position.partition, 0});
        while (next != impl_->by_position.end() && next->first.first == position.partition &&
               next->first.second <= head) {
            seen.push_back(impl_->remove(next->second));
            next = impl_->by_position.lower_bound({position.partition, 0});
        }
    }
    for (Callback& each : lost) each(Visible::never);
    for (Callback& each : seen) each(Visible::yes);
}

void Visibility::raised(std::uint16_t partition, std::uint32_t epoch, std::uint64_t after) {
    const std::scoped_lock lock(impl_->mutex);
    impl_->raises[{partition, epoch}] = after;
}

bool Visibility::is_superseded(const Position& position) const {
    const std::scoped_lock lock(impl_->mutex);
    const auto until = impl_->kept_until(position);
    return until && position.number > *until;
}

bool Visibility::is_visible(const Position& position) const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->answer(position) == Visible::yes;
}

std::uint64_t Visibility::applied_in(std::uint16_t partition) const {
    const std::scoped_lock lock(impl_->mutex);
    return partition < impl_->heads.size() ? impl_->heads[partition] : 0;
}

std::uint32_t Visibility::epoch() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->epoch;
}

std::uint16_t Visibility::partitions() const {
    const std::scoped_lock lock(impl_->mutex);
    return static_cast<std::uint16_t>(impl_->heads.size());
}

Visible Visibility::wait_until(const Position& position, Deadline deadline) {
    struct Wait {
        std::mutex mutex;
        std::condition_variable answered;
        std::optional<Visible> answer;
    };
    const auto wait = std::make_shared<Wait>();
    when_visible(position, deadline, [wait](Visible answer) {
        const std::scoped_lock lock(wait->mutex);
        wait->answer = answer;
        wait->answered.notify_one();
    });
    std::unique_lock lock(wait->mutex);
    wait->answered.wait(lock, [&] { return wait->answer.has_value(); });
    return *wait->answer;
}

void Visibility::when_visible(const Position& position, Deadline deadline, Callback callback) {
    std::optional<Visible> known;
    {
        const std::scoped_lock lock(impl_->mutex);
        known = impl_->answer(position);
        if (!known) {
            auto waiter = std::make_unique<Impl::Waiter>();
            *waiter = {position.partition, position.number, deadline, std::move(callback)};
            impl_->by_position.emplace(std::pair(position.partition, position.number), waiter.get());
            const auto due = impl_->by_deadline.emplace(deadline, std::move(waiter));
            if (due == impl_->by_deadline.begin()) impl_->deadlines_changed.notify_one();
        }
    }
    // The callback was handed over only where no answer was known.
    if (known) callback(*known);  // NOLINT(bugprone-use-after-move)
}

void Visibility::close() {
    std::vector<Callback> waiting;
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->closed = true;
        waiting = impl_->remove_all();
        impl_->deadlines_changed.notify_one();
    }
    for (Callback& each : waiting) each(Visible::closed);
}

}  // namespace annals
