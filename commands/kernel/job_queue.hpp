#pragma once

#include "commands/kernel/command_bus.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace annals {

/// One unit of deciding: a single command, or an atomic group of one realm.
struct CommandJob {
    std::vector<CommandRequest> requests;
    GroupCompletion done;
    std::chrono::steady_clock::time_point queued_at;
    bool bulk{false};  ///< part of a batch, whose sender waits for all of it: it is not refused for slowness
    bool in_doubt{false};  ///< an append with it broke off: it may have been committed, or still be
};

/// Jobs on their way to one writer. Each realm has a line of its own, for what its people send to whatever
/// realm (CommandRequest::line), and the lines are served by turns, so that a realm that sends much waits
/// behind itself and not in front of the others. Within a line jobs keep their order. What would wait too
/// long is refused at the door, by the limits of CommandLimits. Thread-safe.
class JobQueue {
public:
    using Clock = std::chrono::steady_clock;
    /// Which commands are wanted, by the realm that they name.
    using Wanted = std::function<bool(TenantId)>;

    enum class Verdict : std::uint8_t {
        taken,
        full,        ///< queue_max commands wait
        realm_full,  ///< queue_realm_max commands of this realm wait
        realm_slow,  ///< this realm's own line moves too slowly for what waits in it
        slow,        ///< a turn of all lines takes too long
        stopping
    };

    explicit JobQueue(const CommandLimits& limits) : limits_(limits) {}

    /// `job` is untouched unless it was taken. A group is taken whole or not at all, and may exceed a bound
    /// by its own size.
    Verdict push(CommandJob& job);
    /// What push() would answer for a single command of the realm's line at this moment.
    [[nodiscard]] Verdict would_take(TenantId realm);
    /// In front of the others and in their order, however full the queue is.
    void put_back(std::deque<CommandJob>& jobs);
    /// Waits for jobs and takes them by turns of the realms until they hold batch_commands_max commands or
    /// more. While several realms are at work, none has more than batch_realm_share of a batch, even when the
    /// others have nothing waiting at this moment: they would wait for the end of that batch. Nothing when
    /// the queue stops and is empty.
    std::deque<CommandJob> take();
    /// Adds what came meanwhile to a batch, by the same rules: of each line what is wanted, up to the first
    /// job that is not. Does not wait.
    void take_more(std::deque<CommandJob>& taken, const Wanted& wanted);
    /// Takes every job out when nothing was taken for `limit` although jobs wait: the writer hangs. Jobs
    /// whose outcome is in doubt stay.
    std::deque<CommandJob> take_stalled(std::chrono::milliseconds limit);
    /// Refuses new jobs from now on.
    void stop();
    /// Waits for a stop, no longer than this; true when there is one.
    bool stops_within(std::chrono::milliseconds pause);
    /// Commands that wait.
    [[nodiscard]] std::size_t size() const;
    /// How long the oldest job has waited; zero when none waits.
    [[nodiscard]] std::chrono::milliseconds age() const;

private:
    struct Line {
        TenantId realm{};
        std::deque<CommandJob> jobs;  ///< one at least
        std::size_t commands{0};
        Clock::time_point waits_since{};  ///< its last turn, or its entry when it had none since

        [[nodiscard]] TenantId next_named() const { return jobs.front().requests.front().realm; }
    };

    /// The verdict; when those of slowness go on, the queue is short for a while.
    Verdict admit(TenantId realm, bool bulk, Clock::time_point now);
    [[nodiscard]] Verdict judge(TenantId realm, bool bulk, Clock::time_point now) const;
    [[nodiscard]] bool is_slow(const Line& line, Clock::time_point now) const;
    /// How many commands of a realm a batch takes, when several are at work or not.
    [[nodiscard]] std::size_t turn_of(TenantId realm, bool shared, Clock::time_point now) const;
    /// How long a command would wait behind those of its realm, going by the last batches.
    [[nodiscard]] Clock::duration expected_wait(const Line& line, Clock::time_point now) const;
    /// Whether a realm that has much waiting and others are at work.
    [[nodiscard]] bool gives_way(Clock::time_point now) const;
    void fill(std::deque<CommandJob>& taken, Clock::time_point now, const Wanted& wanted);
    [[nodiscard]] bool only_heavy_waits() const;
    Line& line_of(TenantId realm, Clock::time_point now, bool in_front);
    /// A turn for a batch: notes who is at work, and how much.
    std::size_t serve_turn(
        std::size_t commands, Clock::time_point now, const Wanted& wanted, std::deque<CommandJob>& taken
    );
    /// Moves up to `commands` commands of the first line, one job at least and then what is wanted, and
    /// passes the turn on.
    std::size_t take_turn(
        std::size_t commands, Clock::time_point now, const Wanted& wanted, std::deque<CommandJob>& taken
    );

    const CommandLimits limits_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::unordered_map<TenantId, std::unique_ptr<Line>> lines_;  ///< only those that hold something
    std::deque<Line*> turns_;                                    ///< the same, the next one first
    std::size_t commands_{0};
    Clock::duration batch_time_{};          ///< what a batch takes the writer, a moving average
    Clock::time_point batch_began_{};       ///< zero: none is under way
    Clock::time_point moved_at_{};          ///< when jobs were last taken, or came into the empty queue
    std::optional<TenantId> last_realm_;    ///< the last one that was served
    TenantId heavy_{};                      ///< the last one that had more waiting than its turn took
    Clock::time_point heavy_until_{};       ///< until then it counts as such
    Clock::time_point light_until_{};       ///< until then others than it count as being at work
    Clock::time_point shared_until_{};      ///< until then several realms count as being at work
    Clock::time_point slow_since_{};        ///< the first of the refusals for slowness that go on
    Clock::time_point last_slow_{};         ///< the last of them
    Clock::time_point overloaded_until_{};  ///< until then the queue is kept short
    Clock::time_point relapses_until_{};    ///< until then one refusal for slowness makes it short again
    bool resting_{false};
    bool stopping_{false};
};

}  // namespace annals
