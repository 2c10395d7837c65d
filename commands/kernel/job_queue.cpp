#include "commands/kernel/job_queue.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace annals {
namespace {

/// After two realms were served by turns, they count as being at work for so long.
constexpr std::chrono::seconds kSharedFor{2};
/// Refusals for slowness over this time make an overload; a burst alone is over sooner. Those further apart
/// than the gap have nothing to do with each other.
constexpr std::chrono::milliseconds kOverloadedAfter{100};
constexpr std::chrono::seconds kRefusalGapMax{1};
/// While others are at work, too, a realm that alone has more waiting than its share leaves the processors to
/// them for as long as its last batch took, but no longer than this.
constexpr std::chrono::milliseconds kRestMax{20};
/// The last batch counts for one part in so many.
constexpr int kBatchesAveraged = 4;

bool any_realm(TenantId /*named*/) {
    return true;
}

}  // namespace

JobQueue::Verdict JobQueue::admit(TenantId realm, bool bulk, Clock::time_point now) {
    const Verdict verdict = judge(realm, bulk, now);
    if (verdict != Verdict::realm_slow) return verdict;
    if (now - last_slow_ > kRefusalGapMax) slow_since_ = now;
    last_slow_ = now;
    // What is refused because the queue is short must not keep it short: it might be no more than the
    // whole queue holds.
    const std::chrono::milliseconds period(limits_.overloaded_ms);
    const bool lasts = now - slow_since_ >= kOverloadedAfter || now < relapses_until_;
    if (now >= overloaded_until_ && lasts) {
        overloaded_until_ = now + period;
        relapses_until_ = overloaded_until_ + period;
    }
    return verdict;
}

bool JobQueue::is_slow(const Line& line, Clock::time_point now) const {
    if (now < overloaded_until_) {
        return commands_ >= limits_.queue_overloaded &&
               line.commands >= limits_.queue_overloaded / turns_.size();
    }
    if (line.commands < limits_.queue_realm_free || commands_ < limits_.queue_free) return false;
    const std::chrono::milliseconds wait_max(limits_.queue_wait_ms_max);
    return now - line.jobs.front().queued_at > wait_max || expected_wait(line, now) > wait_max;
}

JobQueue::Verdict JobQueue::judge(TenantId realm, bool bulk, Clock::time_point now) const {
    if (stopping_) return Verdict::stopping;
    if (commands_ >= limits_.queue_max) return Verdict::full;
    if (const auto found = lines_.find(realm); found != lines_.end()) {
        const Line& line = *found->second;
        if (line.commands >= limits_.queue_realm_max) return Verdict::realm_full;
        return !bulk && is_slow(line, now) ? Verdict::realm_slow : Verdict::taken;
    }
    // A realm that has nothing here waits for one turn of all the others, and the first of them tells how
    // long that takes. While the writer rests, it ends the rest.
    if (bulk || resting_ || commands_ < limits_.queue_free || turns_.empty()) return Verdict::taken;
    const std::chrono::milliseconds wait_max(limits_.queue_wait_ms_max);
    return now - turns_.front()->waits_since > wait_max ? Verdict::slow : Verdict::taken;
}

std::size_t JobQueue::turn_of(TenantId realm, bool shared, Clock::time_point now) const {
    if (!shared) return limits_.batch_commands_max;
    return realm == heavy_ && gives_way(now) ? limits_.batch_heavy_share : limits_.batch_realm_share;
}

JobQueue::Clock::duration JobQueue::expected_wait(const Line& line, Clock::time_point now) const {
    const std::size_t turn = turn_of(line.realm, turns_.size() > 1 || now < shared_until_, now);
    const bool rests = line.realm == heavy_ && gives_way(now);
    const Clock::duration rest = rests ? std::min<Clock::duration>(batch_time_, kRestMax) : Clock::duration{};
    return (batch_time_ + rest) * static_cast<Clock::rep>(1 + line.commands / turn);
}

JobQueue::Line& JobQueue::line_of(TenantId realm, Clock::time_point now, bool in_front) {
    auto& line = lines_[realm];
    if (!line) {
        line = std::make_unique<Line>();
        line->realm = realm;
        line->waits_since = now;
        in_front ? turns_.push_front(line.get()) : turns_.push_back(line.get());
    }
    return *line;
}

JobQueue::Verdict JobQueue::push(CommandJob& job) {
    {
        const auto now = Clock::now();
        const std::lock_guard lock(mutex_);
        const Verdict verdict = admit(job.requests.front().line(), job.bulk, now);
        if (verdict != Verdict::taken) return verdict;
        if (commands_ == 0) moved_at_ = now;
        commands_ += job.requests.size();
        Line& line = line_of(job.requests.front().line(), now, false);
        line.commands += job.requests.size();
        line.jobs.push_back(std::move(job));
    }
    wake_.notify_one();
    return Verdict::taken;
}

JobQueue::Verdict JobQueue::would_take(TenantId realm) {
    const std::lock_guard lock(mutex_);
    return admit(realm, false, Clock::now());
}

void JobQueue::put_back(std::deque<CommandJob>& jobs) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    for (CommandJob& job : jobs | std::views::reverse) {
        Line& line = line_of(job.requests.front().line(), now, true);
        commands_ += job.requests.size();
        line.commands += job.requests.size();
        line.jobs.push_front(std::move(job));
    }
}

std::size_t JobQueue::serve_turn(
    std::size_t commands, Clock::time_point now, const Wanted& wanted, std::deque<CommandJob>& taken
) {
    const TenantId realm = turns_.front()->realm;
    const std::size_t count = take_turn(commands, now, wanted, taken);
    if (std::exchange(last_realm_, realm).value_or(realm) != realm) shared_until_ = now + kSharedFor;
    if (const auto line = lines_.find(realm); line != lines_.end()) {
        // What stays because it is not wanted now may be little.
        if (!wanted(line->second->next_named())) return count;
        heavy_ = realm;
        heavy_until_ = now + kSharedFor;
    } else if (realm != heavy_ && count < limits_.batch_realm_share) {
        light_until_ = now + kSharedFor;
    }
    return count;
}

std::size_t JobQueue::take_turn(
    std::size_t commands, Clock::time_point now, const Wanted& wanted, std::deque<CommandJob>& taken
) {
    Line& line = *turns_.front();
    turns_.pop_front();
    std::size_t count = 0;
    do {
        count += line.jobs.front().requests.size();
        taken.push_back(std::move(line.jobs.front()));
        line.jobs.pop_front();
    } while (!line.jobs.empty() && count + line.jobs.front().requests.size() <= commands &&
             wanted(line.next_named()));
    line.commands -= count;
    commands_ -= count;
    line.waits_since = now;
    if (line.jobs.empty()) {
        lines_.erase(line.realm);
    } else {
        turns_.push_back(&line);
    }
    return count;
}

bool JobQueue::gives_way(Clock::time_point now) const {
    return now < std::min(light_until_, heavy_until_);
}

bool JobQueue::only_heavy_waits() const {
    return turns_.empty() || (turns_.size() == 1 && turns_.front()->realm == heavy_);
}

std::deque<CommandJob> JobQueue::take() {
    std::unique_lock lock(mutex_);
    auto now = Clock::now();
    if (const auto began = std::exchange(batch_began_, {}); began != Clock::time_point{}) {
        batch_time_ += (now - began - batch_time_) / kBatchesAveraged;
        // Whoever sends little waits at many places for a processor that an import keeps busy, not only here.
        const auto rest = std::min<Clock::duration>(now - began, kRestMax);
        resting_ = gives_way(now);
        if (resting_) wake_.wait_until(lock, now + rest, [this] { return stopping_ || !only_heavy_waits(); });
        resting_ = false;
    }
    wake_.wait(lock, [this] { return stopping_ || !turns_.empty(); });
    now = Clock::now();
    batch_began_ = moved_at_ = now;
    std::deque<CommandJob> taken;
    fill(taken, now, any_realm);
    return taken;
}

void JobQueue::take_more(std::deque<CommandJob>& taken, const Wanted& wanted) {
    const auto now = Clock::now();
    const std::size_t had = taken.size();
    const std::lock_guard lock(mutex_);
    fill(taken, now, wanted);
    if (taken.size() > had) moved_at_ = now;
}

void JobQueue::fill(std::deque<CommandJob>& taken, Clock::time_point now, const Wanted& wanted) {
    std::size_t room = limits_.batch_commands_max;
    std::unordered_map<TenantId, std::size_t> had;
    for (const CommandJob& job : taken) {
        had[job.requests.front().line()] += job.requests.size();
        room -= std::min(room, job.requests.size());
    }
    for (std::size_t turns = turns_.size(); turns > 0 && room > 0; --turns) {
        const TenantId realm = turns_.front()->realm;
        const bool others = had.size() > (had.contains(realm) ? 1 : 0);
        const bool shared = turns_.size() > 1 || others || now < shared_until_;
        const std::size_t share = turn_of(realm, shared, now);
        const auto before = had.find(realm);
        const std::size_t left = share - std::min(share, before == had.end() ? 0 : before->second);
        if (left == 0 || !wanted(turns_.front()->next_named())) {
            std::ranges::rotate(turns_, turns_.begin() + 1);
            continue;
        }
        const std::size_t count = serve_turn(std::min(room, left), now, wanted, taken);
        had[realm] += count;
        room -= std::min(room, count);
    }
}

std::deque<CommandJob> JobQueue::take_stalled(std::chrono::milliseconds limit) {
    const auto now = Clock::now();
    std::deque<CommandJob> taken;
    const std::lock_guard lock(mutex_);
    if (commands_ == 0 || now - moved_at_ <= limit) return taken;
    std::deque<CommandJob> doubtful;
    while (!turns_.empty()) {
        std::deque<CommandJob> turn;
        (void)take_turn(commands_, now, any_realm, turn);
        for (CommandJob& job : turn) (job.in_doubt ? doubtful : taken).push_back(std::move(job));
    }
    for (CommandJob& job : doubtful) {
        Line& line = line_of(job.requests.front().line(), now, false);
        commands_ += job.requests.size();
        line.commands += job.requests.size();
        line.jobs.push_back(std::move(job));
    }
    return taken;
}

void JobQueue::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
}

bool JobQueue::stops_within(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, pause, [this] { return stopping_; });
}

std::size_t JobQueue::size() const {
    const std::lock_guard lock(mutex_);
    return commands_;
}

std::chrono::milliseconds JobQueue::age() const {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    auto oldest = now;
    for (const Line* line : turns_) oldest = std::min(oldest, line->jobs.front().queued_at);
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - oldest);
}

}  // namespace annals
