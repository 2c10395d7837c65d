#include "infra/app/log_sealer.hpp"
#include "infra/app/operator_tools.hpp"
#include "infra/app/process.hpp"
#include "infra/app/projection_commands.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/projector/rebuild.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/json_text.hpp"

#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace annals::app {
namespace {

constexpr int kWrongUse = 2;

/// One line that rewrites itself on a terminal, JSON lines elsewhere.
void print_progress(const projector::RebuildProgress& progress) {
    const std::string eta = progress.eta_s ? std::to_string(*progress.eta_s) : "null";
    if (::isatty(STDERR_FILENO) != 1) {
        std::fprintf(
            stderr, "%s\n",
            fmt::format(
                R"({{"phase":"{}","events":{},"of":{},"events_per_s":{:.0f},"eta_s":{}}})", progress.phase,
                progress.events, progress.of, progress.events_per_s, eta
            )
                .c_str()
        );
        return;
    }
    std::fprintf(
        stderr, "\r\033[K%s",
        fmt::format(
            "{} {}/{} events, {:.0f}/s, {} s left", progress.phase, progress.events, progress.of,
            progress.events_per_s, eta
        )
            .c_str()
    );
}

/// A rebuild with the connections of the configuration.
class Job {
public:
    Job(const runtime::Config& config, const ProjectionType& type, std::size_t workers)
        : cryptography_(crypto::MasterKey::load(config.path("master_key_file"))),
          rebuild_(type, settings(config, workers)) {}
    ~Job() {
        if (::isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\n");
    }
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    projector::Rebuild& operator*() { return rebuild_; }
    projector::Rebuild* operator->() { return &rebuild_; }

private:
    projector::RebuildSettings settings(const runtime::Config& config, std::size_t workers) {
        projector::RebuildSettings settings;
        settings.engine_dsn = engine_dsn(config);
        settings.owner_dsn = config.text("owner_dsn");
        if (settings.owner_dsn.empty()) {
            throw runtime::ConfigError(
                "tables are made and exchanged by their owner: set --owner-dsn or ANNALS_OWNER_DSN"
            );
        }
        settings.workers = workers;
        settings.make_sealer = [this, dsn = settings.engine_dsn] {
            return std::make_shared<LogSealer>(dsn, cryptography_);
        };
        settings.progress = print_progress;
        return settings;
    }

    crypto::SystemCryptography cryptography_;
    projector::Rebuild rebuild_;
};

std::string comparison_json(const projector::RebuildComparison& comparison) {
    std::string out = "[";
    for (const pg::TableComparison& table : comparison.tables) {
        if (out.size() > 1) out += ',';
        out += fmt::format(
            R"({{"table":"{}","live_rows":{},"beside_rows":{},"realms":{},)"
            R"("realms_differing":{},"differing":[)",
            table.table, table.live_rows, table.beside_rows, table.realms, table.realms_differing
        );
        for (const pg::RealmDifference& realm : table.differing) {
            if (&realm != &table.differing.front()) out += ',';
            out += fmt::format(
                R"({{"tenant_id":"{}","live_rows":{},"beside_rows":{}}})", realm.tenant.to_string(),
                realm.live_rows, realm.beside_rows
            );
        }
        out += R"(],"rows":[)";
        for (const std::string& row : table.rows)
            out += (&row == &table.rows.front() ? "\"" : ",\"") + row + "\"";
        out += "]}";
    }
    return out + "]";
}

void print_comparison(const projector::RebuildComparison& comparison) {
    if (!comparison.comparable) std::printf("another version or shape: not compared\n");
    for (const pg::TableComparison& table : comparison.tables) {
        std::printf(
            "%s: %llu rows live, %llu beside, %llu of %llu realms differ\n", table.table.c_str(),
            static_cast<unsigned long long>(table.live_rows),
            static_cast<unsigned long long>(table.beside_rows),
            static_cast<unsigned long long>(table.realms_differing),
            static_cast<unsigned long long>(table.realms)
        );
        for (const pg::RealmDifference& realm : table.differing) {
            std::printf("  realm %s\n", realm.tenant.to_string().c_str());
        }
        for (const std::string& row : table.rows) std::printf("  row %s\n", row.c_str());
    }
}

/// Compares, and switches when nothing speaks against it.
int finish(Job& job, const RebuildOrder& order, std::uint64_t events, double seconds) {
    const auto comparison = job->compare();
    const bool equal = comparison.equal();
    const bool switches = order.switches && (equal || order.accepts_differences);
    if (switches) job->switch_over();
    if (order.json) {
        std::printf(
            "%s\n", fmt::format(
                        R"({{"projection":"{}","events":{},"seconds":{:.3f},"compared":{},"equal":{},)"
                        R"("switched":{},"tables":{}}})",
                        order.name, events, seconds, comparison.comparable, equal, switches,
                        comparison_json(comparison)
                    )
                        .c_str()
        );
    } else {
        print_comparison(comparison);
        std::printf(
            "%llu events in %.1f s; %s\n", static_cast<unsigned long long>(events), seconds,
            switches ? "switched; the former tables stay until drop" : "NOT switched"
        );
    }
    if (order.switches && !switches) {
        std::fprintf(
            stderr,
            "annals: the live rows are not what the log gives; look at them, then switch with "
            "--accept-differences\n"
        );
        return 1;
    }
    return equal ? 0 : 1;
}

}  // namespace

int projections_rebuild(const runtime::Config& config, const RebuildOrder& order) {
    const ProjectionType* type = projection_named(order.name);
    if (type == nullptr) return kWrongUse;
    if (order.workers < 1 || order.workers > projector::kRebuildWorkersMax) {
        std::fprintf(stderr, "annals: --workers: 1 to %zu are expected\n", projector::kRebuildWorkersMax);
        return kWrongUse;
    }
    Job job(config, *type, order.workers);
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t events = job->build();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    return finish(job, order, events, took.count());
}

int projections_switch(const runtime::Config& config, const RebuildOrder& order) {
    const ProjectionType* type = projection_named(order.name);
    if (type == nullptr) return kWrongUse;
    Job job(config, *type, order.workers);
    return finish(job, order, 0, 0);
}

int projections_switch_back(const runtime::Config& config, const RebuildOrder& order) {
    const ProjectionType* type = projection_named(order.name);
    if (type == nullptr) return kWrongUse;
    Job job(config, *type, order.workers);
    job->switch_back();
    std::printf(order.json ? "{\"switched\":true}\n" : "the former tables are live again\n");
    return 0;
}

int projections_drop(const runtime::Config& config, const RebuildOrder& order) {
    const ProjectionType* type = projection_named(order.name);
    if (type == nullptr) return kWrongUse;
    Job job(config, *type, order.workers);
    job->drop();
    std::printf(order.json ? "{\"dropped\":true}\n" : "the tables beside are gone\n");
    return 0;
}

}  // namespace annals::app
