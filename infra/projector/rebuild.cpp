#include "infra/projector/rebuild.hpp"

#include "domain/kernel/thread_name.hpp"
#include "infra/postgres/parked_events.hpp"
#include "infra/postgres/projection_store.hpp"
#include "projections/kernel/projector.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <fmt/format.h>
#include <mutex>
#include <numeric>
#include <thread>

namespace annals::projector {

using pg::BesideError;
using Positions = pg::BesideTables::Positions;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kProgressEvery{1'000};
constexpr std::chrono::milliseconds kPauseBeforeRetry{100};
/// Readers of the tables wait behind the exchange while it waits for a reader that came first. Mostly that is
/// short; now and then it is longer than deadlock_timeout, so that PostgreSQL ends a vacuum that is in the
/// way.
constexpr int kShortLockMs = 200;
constexpr int kLongLockMs = 1'500;
constexpr std::size_t kLongLockEvery = 4;

double seconds_since(steady_clock::time_point began) {
    return std::chrono::duration<double>(steady_clock::now() - began).count();
}

}  // namespace

/// A projector for some partitions of the copy, with everything of its own.
struct Rebuild::Worker {
    Worker(const ProjectionType& copy, const RebuildSettings& settings)
        : store(pg::make_projection_store(settings.engine_dsn, pg::Tables::beside)),
          log(pg::make_log_reader(settings.engine_dsn)),
          sealer(settings.make_sealer ? settings.make_sealer() : nullptr),
          types{&copy},
          projector(types, *store, *log, sealer.get(), {}) {}

    /// Answers the number of events applied; stops early when `stop` is set.
    void fill(const Positions& targets, std::atomic<std::uint64_t>& done, const std::atomic<bool>& stop) {
        for (const OwnedPartition& owned : partitions) {
            const std::uint16_t partition = owned.partition;
            while (!stop && projector.applied(partition) < targets[partition]) {
                const std::uint64_t after = projector.applied(partition);
                std::vector<ProjectorLine> lines;
                const auto limit = std::min<std::uint64_t>(kRebuildPageEvents, targets[partition] - after);
                for (LogLine& line : log->read(partition, after, limit))
                    lines.push_back({partition, line.position, {}, std::move(line.line)});
                if (lines.empty()) throw BesideError("the log ends before a live checkpoint");
                projector.apply(lines);
                done += lines.size();
            }
        }
    }

    std::unique_ptr<ProjectionStore> store;
    std::unique_ptr<LogReader> log;
    std::shared_ptr<contract::EventSealer> sealer;
    std::array<const ProjectionType*, 1> types;
    Projector projector;
    std::vector<OwnedPartition> partitions;
};

bool RebuildComparison::equal() const {
    return std::ranges::all_of(tables, [](const pg::TableComparison& table) {
        return table.realms_differing == 0;
    });
}

Rebuild::Rebuild(const ProjectionType& type, RebuildSettings settings)
    : type_(type.beside()),
      settings_(std::move(settings)),
      lock_(settings_.engine_dsn, pg::kListenerSession),
      tables_(settings_.owner_dsn) {
    if (!pg::lock_projection_soon(lock_, type_.name)) {
        throw BesideError(fmt::format("another command works on {}; wait for its end", type_.name));
    }
    const auto live = tables_.live_version(type_.name);
    if (!live) throw BesideError(fmt::format("{} was never projected; start a projector first", type_.name));
    live_version_ = *live;
}

Rebuild::~Rebuild() = default;

std::string Rebuild::live_name() const {
    return fmt::format("{}@{}", type_.name, live_version_);
}

void Rebuild::report(std::string_view phase, std::uint64_t events, std::uint64_t of, double rate) const {
    if (!settings_.progress) return;
    RebuildProgress progress{phase, events, of, rate, {}};
    if (rate > 0)
        progress.eta_s = static_cast<std::int64_t>(static_cast<double>(of - std::min(of, events)) / rate);
    settings_.progress(progress);
}

/// Gives each worker about the same number of events.
void Rebuild::open_workers() {
    if (!workers_.empty()) return;
    const Positions heads = tables_.positions(live_name());
    std::vector<std::uint16_t> order(heads.size());
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::ranges::sort(order, std::greater{}, [&](std::uint16_t partition) { return heads[partition]; });
    const std::size_t count =
        std::clamp<std::size_t>(settings_.workers, 1, std::max<std::size_t>(1, heads.size()));
    std::vector<std::uint64_t> load(count);
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t i = 0; i < count; ++i) workers.push_back(std::make_unique<Worker>(type_, settings_));
    for (const std::uint16_t partition : order) {
        const auto least = static_cast<std::size_t>(std::ranges::min_element(load) - load.begin());
        workers[least]->partitions.push_back({partition, {}});
        load[least] += heads[partition] + 1;
    }
    const auto given_up = pg::read_skipped(lock_, type_.checkpoint_name());
    for (const auto& worker : workers) {
        worker->projector.open(worker->partitions);
        worker->projector.leave_out(type_.checkpoint_name(), given_up);
    }
    workers_ = std::move(workers);
}

std::uint64_t Rebuild::behind(const Positions& targets) const {
    std::uint64_t events = 0;
    for (const auto& worker : workers_) {
        for (const OwnedPartition& owned : worker->partitions) {
            const std::uint64_t at = worker->projector.applied(owned.partition);
            if (at > targets.at(owned.partition)) {
                throw BesideError(fmt::format(
                    "the copy is ahead of the live tables in partition {}; drop it and begin anew",
                    owned.partition
                ));
            }
            events += targets[owned.partition] - at;
        }
    }
    return events;
}

void Rebuild::fill(const Positions& targets, std::string_view phase) {
    const std::uint64_t of = behind(targets);
    const auto began = steady_clock::now();
    std::atomic<std::uint64_t> done{0};
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t running = workers_.size();
    std::exception_ptr failure;
    std::vector<std::thread> threads;
    for (const auto& worker : workers_) {
        threads.emplace_back([&, worker = worker.get(), number = threads.size()] {
            name_this_thread("rebuild", number);
            std::exception_ptr mine;
            try {
                worker->fill(targets, done, stop);
            } catch (...) {
                mine = std::current_exception();
                stop = true;
            }
            const std::scoped_lock lock(mutex);
            if (mine && !failure) failure = mine;
            --running;
            ended.notify_one();
        });
    }
    {
        std::unique_lock lock(mutex);
        while (!ended.wait_for(lock, kProgressEvery, [&] { return running == 0; }))
            report(phase, done, of, static_cast<double>(done) / seconds_since(began));
    }
    for (std::thread& thread : threads) thread.join();
    events_ += done;
    if (failure) std::rethrow_exception(failure);
    if (of > kLastStepEventsMax) report(phase, done, of, static_cast<double>(done) / seconds_since(began));
}

void Rebuild::catch_up(std::string_view phase) {
    for (std::size_t round = 0; round < kLastStepAttemptsMax; ++round) {
        const Positions targets = tables_.positions(live_name());
        const bool close = behind(targets) <= kLastStepEventsMax;
        fill(targets, phase);
        if (close) return;
    }
    throw BesideError("the live tables move faster than the copy can follow; try again with more --workers");
}

void Rebuild::require_copy(bool former) {
    const auto copy = tables_.copy(type_.name);
    if (!copy) {
        throw BesideError(fmt::format(
            "there is no copy beside {0}; make one with: annals projections rebuild {0}", type_.name
        ));
    }
    if (copy->former && !former) {
        throw BesideError(fmt::format(
            "the copy beside {0} are the former tables; drop them with: annals projections drop {0} (or make "
            "them live again with: annals projections switch-back {0})",
            type_.name
        ));
    }
    if (!copy->former && former) {
        throw BesideError(fmt::format(
            "the copy beside {0} was never live; make it live with: annals projections switch {0}", type_.name
        ));
    }
    if (copy->version != type_.version) {
        throw BesideError(fmt::format(
            "the copy beside {0} is of version {1}, this program has version {2}; use the program of that "
            "version, "
            "or drop the copy with: annals projections drop {0}",
            type_.name, copy->version, type_.version
        ));
    }
}

std::uint64_t Rebuild::build() {
    if (tables_.copy(type_.name)) require_copy(false);
    tables_.create(type_);
    open_workers();
    catch_up("fill");
    report("index", 0, 0, 0);
    tables_.add_indexes(type_);
    catch_up("catch_up");
    return events_;
}

/// Runs a step that stops the live checkpoints and hands over their positions. It fails when the copy is too
/// far behind by then, or when somebody else holds a lock; then it is tried again.
void Rebuild::at_equal_positions(const std::function<bool(const std::function<bool(const Positions&)>&)>& step
) {
    for (std::size_t attempt = 0; attempt < kLastStepAttemptsMax; ++attempt) {
        catch_up("catch_up");
        const bool done = step([this](const Positions& targets) {
            if (behind(targets) > kLastStepEventsMax) return false;
            fill(targets, "catch_up");
            return true;
        });
        if (done) return;
        std::this_thread::sleep_for(kPauseBeforeRetry);
    }
    throw BesideError(fmt::format(
        "the tables of {} could not be had for a moment in {} attempts; is a query or a vacuum running on "
        "them?",
        type_.name, kLastStepAttemptsMax
    ));
}

RebuildComparison Rebuild::compare() {
    require_copy(false);
    open_workers();
    RebuildComparison result;
    result.comparable = live_version_ == type_.version && tables_.same_shape(type_);
    if (!result.comparable) return result;
    report("compare", 0, 0, 0);
    pg::Comparison comparison(settings_.engine_dsn);
    at_equal_positions([&](const std::function<bool(const Positions&)>& bring_up) {
        return tables_.hold(live_name(), [&](const Positions& targets) {
            if (!bring_up(targets)) return false;
            comparison.begin();
            return true;
        });
    });
    for (const TableType& table : type_.tables) result.tables.push_back(comparison.compare(table));
    return result;
}

void Rebuild::exchange() {
    open_workers();
    report("switch", 0, 0, 0);
    std::size_t attempt = 0;
    at_equal_positions([&](const std::function<bool(const Positions&)>& bring_up) {
        const int lock_ms = ++attempt % kLongLockEvery == 0 ? kLongLockMs : kShortLockMs;
        return tables_.swap(type_, live_version_, type_.version, lock_ms, bring_up);
    });
    workers_.clear();
    live_version_ = type_.version;
}

void Rebuild::switch_over() {
    require_copy(false);
    open_workers();
    catch_up("catch_up");
    tables_.add_indexes(type_);
    exchange();
}

void Rebuild::switch_back() {
    require_copy(true);
    exchange();
}

void Rebuild::drop() {
    const auto copy = tables_.copy(type_.name);
    if (!copy) throw BesideError(fmt::format("there is no copy beside {}", type_.name));
    workers_.clear();
    tables_.drop(type_, copy->version);
}

}  // namespace annals::projector
