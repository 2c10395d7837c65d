#include "commands/kernel/writer.hpp"

#include "commands/kernel/held_heads.hpp"
#include "commands/kernel/writer_batch.hpp"
#include "domain/kernel/thread_name.hpp"

#include <algorithm>
#include <exception>
#include <set>
#include <span>

namespace annals {
namespace {

constexpr std::chrono::seconds kInDoubtPatience{10};
constexpr std::chrono::milliseconds kInDoubtPause{100};

Rejection aborted() {
    return reject("ABORTED", "another command of the same atomic group was rejected");
}

/// Whether the append only locks heads behind those that are held: writers that lock downwards as well could
/// wait for each other. The next attempt would hold all of them.
bool locks_upwards(std::span<const std::uint16_t> held, const AppendBatch& append) {
    return held.empty() || std::ranges::none_of(append.partitions, [&](const PartitionMove& move) {
               return move.partition < held.back() && !std::ranges::binary_search(held, move.partition);
           });
}

bool too_old(const CommandJob& job, const CommandLimits& limits) {
    const auto age = std::chrono::steady_clock::now() - job.queued_at;
    return age > std::chrono::milliseconds(limits.command_age_ms_max);
}

}  // namespace

Writer::Writer(const CommandBusOptions& options, CommandCounters& counters)
    : options_(options),
      counters_(counters),
      store_(options.open_store()),
      committed_(std::make_unique<CommittedState>(
          *store_, *options_.cryptography, options_.partitions, options_.limits.cached_streams_max
      )),
      queue_(options.limits),
      thread_([this] { run(); }) {}

Writer::~Writer() {
    stop();
}

void Writer::stop() {
    queue_.stop();
    if (thread_.joinable()) thread_.join();
}

void Writer::run() {
    name_this_thread("writer");
    while (true) {
        std::deque<CommandJob> jobs = queue_.take();
        if (jobs.empty()) return;
        process(std::move(jobs));
    }
}

void Writer::process(std::deque<CommandJob> jobs) {
    Batch batch;
    batch.jobs = std::move(jobs);
    try {
        for (std::size_t tries = 0; tries < options_.limits.decide_attempts_max; ++tries) {
            if (attempt_patiently(batch)) {
                answer(batch);
                return;
            }
        }
        std::deque<CommandJob> others;
        while (batch.jobs.size() > std::max<std::size_t>(1, batch.jobs_max)) {
            others.push_front(std::move(batch.jobs.back()));
            batch.jobs.pop_back();
        }
        refuse(
            batch, reject("OVERLOADED", "other processes kept appending to the same partition; try again")
        );
        queue_.put_back(others);
    } catch (const StoreUnavailable& away) {
        report("WRITER-9c10", away.what());
        start_over();
        refuse(batch, unavailable("the log cannot be reached"));
    } catch (const std::exception& error) {
        report("WRITER-8b15", error.what());
        start_over();
        refuse(batch, reject("INTERNAL", "the command could not be decided"));
    }
}

/// Whatever a batch that broke off left behind is not what the log says: neither streams nor the keys of
/// subjects that were to be made with it.
void Writer::start_over() {
    committed_->reset();
    committed_->keyring().forget_all();
}

/// While an outcome is unknown, the clients are not told before the log can be asked again, within a bound:
/// most often the database is back in a second, and "unknown" is the answer they can do least with.
bool Writer::attempt_patiently(Batch& batch) {
    const auto give_up_at = std::chrono::steady_clock::now() + kInDoubtPatience;
    while (true) {
        try {
            return attempt(batch);
        } catch (const StoreUnavailable&) {
            if (!batch.in_doubt() || std::chrono::steady_clock::now() >= give_up_at) throw;
        }
        start_over();
        if (queue_.stops_within(kInDoubtPause)) throw StoreUnavailable("stopping");
    }
}

/// Decides and appends once; true when every job of the batch has its results.
bool Writer::attempt(Batch& batch) {
    // The heads we know are older than what is looked up below: whatever commits after them makes the append
    // find a moved head, and brings us back here. So holding them is only worth its round trip while others
    // do append; deciding first and losing would then cost far more.
    const auto heads = careful_batches_ > 0 ? heads_of(batch) : std::vector<std::uint16_t>{};
    const HeldHeads held(*store_, heads);
    if (held.end() && batch.jobs_max == SIZE_MAX && !batch.in_doubt()) {
        // What came during the wait need not wait for another one.
        queue_.take_more(batch.jobs, [&](TenantId realm) {
            return std::ranges::binary_search(heads, committed_->partition(realm));
        });
    }
    if (careful_batches_ > 0 || !committed_->synchronised()) {
        if (careful_batches_ > 0) --careful_batches_;
        const bool began = !committed_->synchronised();
        const auto known = committed_->heads(heads);
        const bool moved = committed_->synchronise(held.end());
        // Those who append to other partitions only are no reason to go on with it.
        if (!began && committed_->heads(heads) != known) careful_batches_ = kCarefulBatches;
        if (batch.told_head_moved && !moved) distrust_cache(batch);
    }
    batch.told_head_moved = false;
    committed_->begin_batch();
    find_repeats(batch, batch.in_doubt());
    decide(batch);
    AppendOutcome outcome = AppendOutcome::written;
    if (!batch.append.partitions.empty()) {
        if (!locks_upwards(heads, batch.append)) store_->release_heads();
        outcome = store_->append(batch.append);
    }
    return settle(batch, outcome);
}

/// The partitions that the batch will append to as far as one can tell: of its commands' realms, and what an
/// append that was lost named. Ascending.
std::vector<std::uint16_t> Writer::heads_of(const Batch& batch) const {
    std::set<std::uint16_t> partitions;
    for (const PartitionMove& move : batch.append.partitions) partitions.insert(move.partition);
    for (const CommandJob& job : batch.jobs) {
        for (const CommandRequest& request : job.requests)
            partitions.insert(committed_->partition(request.realm));
    }
    return {partitions.begin(), partitions.end()};
}

void Writer::find_repeats(Batch& batch, bool all) {
    std::vector<CommandKey> keys;
    std::vector<StreamKey> streams;
    for (const CommandJob& job : batch.jobs) {
        for (const CommandRequest& request : job.requests) {
            const bool decided_elsewhere = request.passed_on && batch.overtaken;
            if (all || request.repeatable || decided_elsewhere)
                keys.push_back({request.realm, request.command_id});
            streams_to_prefetch(request, *committed_, streams);
            if (request.fresh_target) {
                committed_->know_absent({committed_->partition(request.realm), request.target});
            }
        }
    }
    batch.stored.clear();
    if (!keys.empty()) {
        for (StoredCommand& command : store_->find_commands(keys)) {
            batch.stored.emplace(command.key, std::move(command));
        }
    }
    committed_->prefetch(streams);
}

void Writer::decide(Batch& batch) {
    batch.now = options_.clock->now();
    batch.layer = std::make_unique<WorkingLayer>(*committed_);
    batch.lines = std::make_unique<BatchLines>(*committed_, *options_.cryptography, *options_.ids, batch.now);
    batch.append = {};
    batch.results.clear();
    for (const CommandJob& job : batch.jobs) {
        const bool enough = batch.results.size() >= batch.jobs_max;
        if (enough || batch.lines->bytes() >= options_.limits.batch_bytes_max) break;
        batch.results.push_back(decide_job(job, batch));
    }
    batch.layer->fill(batch.append);
    batch.lines->fill(batch.append, batch.layer->touched());
}

/// Runs one command's part of a batch. What goes wrong with it is its own rejection: neither a defect of a
/// handler nor a damaged stream may fail its neighbours.
template <class Run>
auto Writer::contain(Run&& run) -> decltype(run()) {
    try {
        return std::forward<Run>(run)();
    } catch (const StoreUnavailable&) {
        throw;
    } catch (const SubjectErased&) {
        return std::unexpected(reject("ERASED", "the personal data this command is about was erased"));
    } catch (const StreamTaken&) {
        return std::unexpected(reject("NOT_FOUND", "there is nothing here for you under this id"));
    } catch (const UnreadableLog& damage) {
        report("WRITER-4e2a", damage.what());
        return std::unexpected(unavailable("a stored event cannot be read by this version"));
    } catch (const std::exception& error) {
        report("WRITER-71d3", error.what());
        return std::unexpected(reject("INTERNAL", "the command could not be decided"));
    }
}

std::vector<CommandResult> Writer::decide_job(const CommandJob& job, Batch& batch) {
    std::vector<CommandResult> results(job.requests.size(), std::unexpected(aborted()));
    if (too_old(job, options_.limits) && !job.in_doubt) {
        std::ranges::fill(
            results, std::unexpected(reject("OVERLOADED", "the command waited too long; try again"))
        );
        return results;
    }
    WorkingLayer group(*batch.layer);
    for (std::size_t i = 0; i < job.requests.size(); ++i) {
        results[i] = decide_one(job.requests[i], batch, group);
        if (results[i]) continue;
        // What the rejection was based on must still hold when it is answered.
        batch.layer->depend_on(group);
        group.forget_subjects();
        for (std::size_t before = 0; before < i; ++before) {
            if (!results[before]->repeated) results[before] = std::unexpected(aborted());
        }
        return results;
    }
    const auto numbers = contain([&] { return batch.lines->place(group.events()); });
    if (!numbers) {
        group.forget_subjects();
        std::ranges::fill(results, std::unexpected(numbers.error()));
        return results;
    }
    fill_answers(job, batch, group, *numbers, results);
    group.merge_into_below();
    return results;
}

/// A command that is in the log already is answered from there; any other is decided on a layer of its own.
CommandResult Writer::decide_one(const CommandRequest& request, Batch& batch, WorkingLayer& group) {
    const auto stored = batch.stored.find({request.realm, request.command_id});
    if (stored != batch.stored.end()) {
        if (stored->second.request_hash != request.request_hash) {
            return std::unexpected(
                reject("IDEMPOTENCY_MISMATCH", "this command id was used before, for another command")
            );
        }
        auto answer = read_answer(stored->second.response);
        if (!answer) return std::unexpected(reject("INTERNAL", "the stored answer cannot be read"));
        answer->repeated = true;
        return std::move(*answer);
    }
    WorkingLayer layer(group);
    const DecisionContext context{batch.now, options_.ids, options_.cryptography, committed_.get()};
    if (auto decided = contain([&] { return decide_command(request, context, layer); }); !decided) {
        batch.layer->depend_on(layer);
        layer.forget_subjects();
        return std::unexpected(std::move(decided).error());
    }
    CommandAnswer answer;
    answer.id = request.target;
    answer.version = layer.stream(*request.type->aggregate, request.realm, request.target).version;
    layer.merge_into_below();
    return answer;
}

/// Positions are known once the group's events are placed; a command without events is as of the last one
/// before it.
void Writer::fill_answers(
    const CommandJob& job, Batch& batch, WorkingLayer& group, const std::vector<std::uint64_t>& numbers,
    std::vector<CommandResult>& results
) {
    for (std::size_t i = 0; i < job.requests.size(); ++i) {
        const CommandRequest& request = job.requests[i];
        if (results[i]->repeated) continue;
        const std::uint16_t partition = committed_->partition(request.realm);
        Position position{committed_->epoch(), partition, batch.lines->head(partition)};
        bool changed = false;
        for (std::size_t e = 0; e < numbers.size(); ++e) {
            const PendingEvent& event = group.events()[e];
            if (event.request != &request) continue;
            changed = true;
            if (event.tenant == request.realm) position.number = numbers[e];
        }
        results[i]->position = position;
        results[i]->body = write_answer(*results[i]);
        if (changed || request.repeatable) {
            batch.append.commands.push_back(
                {{request.realm, request.command_id}, request.request_hash, results[i]->body}
            );
        }
    }
    group.events().clear();
}

void Writer::report(std::string_view code, const std::string& detail) const {
    if (options_.report) options_.report(code, detail);
}

}  // namespace annals
