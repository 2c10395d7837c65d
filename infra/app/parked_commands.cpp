#include "domain/contract/json_writer.hpp"
#include "infra/app/log_sealer.hpp"
#include "infra/app/operator_tools.hpp"
#include "infra/app/process.hpp"
#include "infra/app/projection_commands.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/postgres/limits.hpp"
#include "infra/postgres/parked_events.hpp"
#include "infra/postgres/projection_progress.hpp"
#include "infra/postgres/projection_store.hpp"
#include "infra/runtime/json_text.hpp"
#include "projections/catalogue.hpp"
#include "projections/kernel/projector.hpp"

#include <array>
#include <cstdio>
#include <fmt/format.h>

namespace annals::app {
namespace {

constexpr std::size_t kListedMax = 1'000;
constexpr int kWrongUse = 2;
constexpr std::int64_t kMicros = 1'000'000;

std::string quoted(std::string_view text) {
    std::string out;
    runtime::append_json_string(out, text);
    return out;
}

std::string shown(std::string_view text) {
    std::string out;
    runtime::append_terminal_text(out, text);
    return out;
}

/// A session of an operator's command and the projection it works on, which no other command touches
/// meanwhile.
struct Operation {
    Operation(const runtime::Config& config, const ProjectionType& type)
        : dsn(engine_dsn(config)),
          cryptography(crypto::MasterKey::load(config.path("master_key_file"))),
          connection(dsn, pg::kListenerSession),
          sealer(dsn, cryptography),
          store(pg::make_projection_store(dsn)),
          log(pg::make_log_reader(dsn)),
          types{&type},
          projector(types, *store, *log, &sealer, {}) {
        if (!pg::lock_projection_soon(connection, type.name)) {
            throw std::runtime_error(fmt::format("another command works on {}; wait for its end", type.name));
        }
    }

    RetryResult retry(std::optional<Uuid> stream) {
        const std::string name = types[0]->checkpoint_name();
        projector.open();
        projector.leave_out(name, pg::read_skipped(connection, name));
        return projector.retry_parked(name, stream);
    }

    std::string dsn;
    crypto::SystemCryptography cryptography;
    pg::Connection connection;
    LogSealer sealer;
    std::unique_ptr<ProjectionStore> store;
    std::unique_ptr<LogReader> log;
    std::array<const ProjectionType*, 1> types;
    Projector projector;
};

int print_retry(const RetryResult& result, bool json) {
    const std::string format = json ? R"({{"applied":{},"skipped":{},"streams_failing":{}}})"
                                    : "{} events applied, {} given up, {} streams still fail";
    std::printf(
        "%s\n", fmt::format(fmt::runtime(format), result.applied, result.skipped, result.failed).c_str()
    );
    return result.failed == 0 ? 0 : 1;
}

/// A parked event found, or the exit code after a message.
std::optional<pg::ParkedHead> front_of_stream(
    Operation& operation, const std::string& projection, const Position& at
) {
    auto found = pg::find_parked(operation.connection, projection, at.partition, at.number);
    if (found && found->before == 0) return found;
    if (!found) {
        std::fprintf(
            stderr, "annals: %s has no parked event at %s\n", projection.c_str(), at.to_string().c_str()
        );
    } else {
        std::fprintf(
            stderr, "annals: %llu events of the same stream are parked before %s; begin with the first\n",
            static_cast<unsigned long long>(found->before), at.to_string().c_str()
        );
    }
    return std::nullopt;
}

}  // namespace

int projections_parked(const runtime::Config& config, bool json) {
    const auto entries = pg::make_projection_progress_reader(engine_dsn(config))->parked(kListedMax);
    std::string out = R"({"parked":[)";
    for (const ParkedEntry& entry : entries) {
        const ParkedEvent& event = entry.event;
        if (!json) {
            std::printf(
                "%s %s stream %s %s: %s%s%s, %llu attempts, %lld s ago\n", shown(event.projection).c_str(),
                entry.position.to_string().c_str(), event.stream.to_string().c_str(),
                shown(event.event_type).c_str(), shown(event.code).c_str(), event.detail.empty() ? "" : ": ",
                shown(event.detail).c_str(), static_cast<unsigned long long>(entry.attempts),
                static_cast<long long>(entry.age_us / kMicros)
            );
            continue;
        }
        if (&entry != &entries.front()) out += ',';
        out += fmt::format(
            R"({{"projection":{},"partition":{},"position":"{}","tenant_id":"{}","stream_id":"{}","type":{},)"
            R"("code":{},"error":{},"attempts":{},"age_s":{}}})",
            quoted(event.projection), event.partition, entry.position.to_string(), event.tenant.to_string(),
            event.stream.to_string(), quoted(event.event_type), quoted(event.code), quoted(event.detail),
            entry.attempts, entry.age_us / kMicros
        );
    }
    const bool more = entries.size() == kListedMax;
    if (json) {
        std::printf("%s],\"more\":%s}\n", out.c_str(), more ? "true" : "false");
    } else {
        std::printf("%zu parked events%s\n", entries.size(), more ? " and perhaps more" : "");
    }
    return 0;
}

int projections_retry(
    const runtime::Config& config, const std::string& name, const std::string& stream, bool json
) {
    const ProjectionType* type = projection_named(name);
    if (type == nullptr) return kWrongUse;
    std::optional<Uuid> only;
    if (!stream.empty()) {
        only = Uuid::parse(stream);
        if (!only) {
            std::fprintf(stderr, "annals: --stream %s: a stream is named by its uuid\n", stream.c_str());
            return kWrongUse;
        }
    }
    Operation operation(config, *type);
    return print_retry(operation.retry(only), json);
}

int projections_skip(
    const runtime::Config& config, const std::string& name, const std::string& position,
    const std::string& reason, bool json
) {
    const ProjectionType* type = projection_named(name);
    if (type == nullptr) return kWrongUse;
    const auto at = Position::parse(position);
    const auto why = operations::OperatorReason::parse(reason);
    if (!at || !why) {
        std::fprintf(
            stderr, "annals: %s\n",
            !at ? "a position is EPOCH-PARTITION-NUMBER, as `annals projections parked` shows it"
                : "--reason: 3 to 500 characters are expected"
        );
        return kWrongUse;
    }
    Operation operation(config, *type);
    const auto head = front_of_stream(operation, type->checkpoint_name(), *at);
    if (!head) return 1;
    operations::SkipParkedEvent command;
    command.projection = operations::ProjectionName::trusted(type->checkpoint_name());
    command.partition = at->partition;
    command.position = static_cast<std::int64_t>(at->number);
    command.stream_id = head->entry.event.stream;
    command.event_type = head->entry.event.event_type;
    command.reason = *why;
    record_skip(config, operation.cryptography, command);
    return print_retry(operation.retry(head->entry.event.stream), json);
}

int projections_status(const runtime::Config& config, bool json) {
    std::vector<std::string> names;
    for (const ProjectionType* type : projection_catalogue()) names.push_back(type->checkpoint_name());
    const auto reader = pg::make_projection_progress_reader(engine_dsn(config));
    for (std::string& copy : reader->copies()) names.push_back(std::move(copy));
    const auto progress = reader->read(names);
    std::string out = R"({"projections":[)";
    if (!json)
        std::printf(
            "%-34s %4s %12s %12s %9s %-9s %s\n", "projection", "part", "position", "head", "lag s", "state",
            "owner"
        );
    for (const ProjectionLag& lag : progress.lags) {
        const double lag_s = static_cast<double>(lag.lag_us) / static_cast<double>(kMicros);
        if (!json) {
            std::printf(
                "%-34s %4u %12llu %12llu %9.3f %-9s %s\n", lag.projection.c_str(), unsigned{lag.partition},
                static_cast<unsigned long long>(lag.position), static_cast<unsigned long long>(lag.head),
                lag_s, std::string(to_string(lag.state)).c_str(), lag.owner.c_str()
            );
            continue;
        }
        if (&lag != &progress.lags.front()) out += ',';
        out += fmt::format(
            R"({{"projection":{},"partition":{},"position":{},"head":{},"lag_s":{:.6f},)"
            R"("state":"{}","owner":{}}})",
            quoted(lag.projection), lag.partition, lag.position, lag.head, lag_s, to_string(lag.state),
            quoted(lag.owner)
        );
    }
    out += R"(],"parked":[)";
    for (const ParkedSummary& parked : progress.parked) {
        if (!json) {
            std::printf(
                "%s: %llu streams parked with %llu events, the oldest %lld s ago\n",
                parked.projection.c_str(), static_cast<unsigned long long>(parked.streams),
                static_cast<unsigned long long>(parked.events),
                static_cast<long long>(parked.oldest_us / kMicros)
            );
            continue;
        }
        if (&parked != &progress.parked.front()) out += ',';
        out += fmt::format(
            R"({{"projection":{},"streams":{},"events":{},"oldest_s":{}}})", quoted(parked.projection),
            parked.streams, parked.events, parked.oldest_us / kMicros
        );
    }
    if (json) std::printf("%s]}\n", out.c_str());
    return 0;
}

}  // namespace annals::app
