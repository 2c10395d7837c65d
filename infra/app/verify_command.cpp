#include "domain/contract/json_writer.hpp"
#include "infra/app/check_log.hpp"
#include "infra/app/commands.hpp"
#include "infra/app/log_sealer.hpp"
#include "infra/app/operator_tools.hpp"
#include "infra/app/process.hpp"
#include "infra/app/progress_bar.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "infra/postgres/projection_store.hpp"
#include "projections/catalogue.hpp"
#include "projections/kernel/fold_check.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

namespace annals::app {
namespace {

constexpr std::size_t kLogThreadsMax = 8;
constexpr std::size_t kFoldThreads = 4;

std::optional<LogVerifier> verify_log(const std::string& dsn) {
    const ProgressBar progress("log");
    LogCheckOptions options;
    options.threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kLogThreadsMax);
    options.progress = [&](std::uint64_t done, std::uint64_t of) { progress.show(done, of); };
    return check_log(dsn, options);
}

std::vector<FoldResult> verify_read_models(const runtime::Config& config) {
    crypto::SystemCryptography cryptography(crypto::MasterKey::load(config.path("master_key_file")));
    const auto snapshots = pg::make_projection_snapshots(engine_dsn(config), kFoldThreads);
    std::vector<std::unique_ptr<LogSealer>> sealers;
    std::vector<FoldWorker> workers;
    for (const auto& snapshot : snapshots) {
        sealers.push_back(std::make_unique<LogSealer>(engine_dsn(config), cryptography));
        workers.push_back({snapshot.get(), sealers.back().get()});
    }
    const ProgressBar progress("read models");
    return check_folds(projection_catalogue(), workers, [&](std::uint64_t done, std::uint64_t of) {
        progress.show(done, of);
    });
}

/// `log` is nothing when it was not verified; then its members are left out.
void print_json(const std::optional<LogVerifier>& log, const std::vector<FoldResult>& folds, bool well) {
    std::string out = R"({"ok":)" + std::string(well ? "true" : "false");
    if (log) {
        out += R"(,"events":)" + std::to_string(log->events());
        out += R"(,"log_problems":)" + std::to_string(log->problem_count()) + R"(,"problems":[)";
        for (const std::string& problem : log->problems()) {
            if (&problem != &log->problems().front()) out += ',';
            contract::append_json_string(out, problem);
        }
        out += ']';
    }
    out += R"(,"read_models":[)";
    for (const FoldResult& fold : folds) {
        if (&fold != &folds.front()) out += ',';
        out += R"({"projection":")" + fold.projection + R"(","table":")" + fold.table + R"(","rows":)" +
               std::to_string(fold.rows_found) + R"(,"expected":)" + std::to_string(fold.rows_expected) +
               R"(,"differences":)" + std::to_string(fold.differences) + R"(,"parked":)" +
               std::to_string(fold.parked_events) + R"(,"skipped":)" + std::to_string(fold.skipped_events) +
               R"(,"realms":[)";
        for (const RealmDifferences& realm : fold.realms) {
            if (&realm != &fold.realms.front()) out += ',';
            out += R"({"tenant_id":")" + realm.tenant.to_string() + R"(","differences":)" +
                   std::to_string(realm.rows) + "}";
        }
        out += "]}";
    }
    std::printf("%s]}\n", out.c_str());
}

void print_log(const LogVerifier& log) {
    std::printf(
        "log: %llu events, %llu problems\n", static_cast<unsigned long long>(log.events()),
        static_cast<unsigned long long>(log.problem_count())
    );
    for (const std::string& problem : log.problems()) std::printf("  %s\n", problem.c_str());
}

void print_folds(const std::vector<FoldResult>& folds) {
    for (const FoldResult& fold : folds) {
        std::printf(
            "%s: %llu rows, %llu differences, %llu parked events\n", fold.table.c_str(),
            static_cast<unsigned long long>(fold.rows_found),
            static_cast<unsigned long long>(fold.differences),
            static_cast<unsigned long long>(fold.parked_events)
        );
        for (const RealmDifferences& realm : fold.realms) {
            std::printf(
                "  realm %s: %llu differences\n", realm.tenant.to_string().c_str(),
                static_cast<unsigned long long>(realm.rows)
            );
        }
        for (const RowKey& key : fold.differing) {
            std::printf("  realm %s row %s\n", key.tenant.to_string().c_str(), key.id.to_string().c_str());
        }
    }
}

}  // namespace

int verify(const runtime::Config& config, bool json, VerifyScope scope) {
    const auto log = scope.log ? verify_log(engine_dsn(config)) : std::nullopt;
    const auto folds = scope.read_models ? verify_read_models(config) : std::vector<FoldResult>();
    const bool log_holds = !log || log->problem_count() == 0;
    const bool well = log_holds && std::ranges::all_of(folds, &FoldResult::equal);
    if (json) {
        print_json(log, folds, well);
    } else {
        if (log) print_log(*log);
        print_folds(folds);
        std::printf(well ? "everything holds\n" : "NOT everything holds\n");
    }
    return well ? 0 : 1;
}

}  // namespace annals::app
