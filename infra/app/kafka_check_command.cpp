#include "infra/app/commands.hpp"
#include "infra/app/process.hpp"
#include "infra/app/progress_bar.hpp"
#include "infra/kafka/topic_check.hpp"
#include "infra/postgres/pg_relay_log.hpp"
#include "infra/runtime/config_error.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

namespace annals::app {
namespace {

void print_json(const std::vector<kafka::PartitionCheck>& checks, bool well) {
    std::string out = fmt::format(R"({{"ok":{},"partitions":[)", well);
    for (std::size_t p = 0; p < checks.size(); ++p) {
        const auto& check = checks[p];
        if (p > 0) out += ',';
        out += fmt::format(
            R"({{"partition":{},"state":"{}","topic":{},"log":{},"superseded":{},"position":{}}})", p,
            to_string(check.state), check.topic, check.log, check.superseded, check.position
        );
    }
    std::printf("%s]}\n", out.c_str());
}

}  // namespace

int kafka_check(const runtime::Config& config, bool allow_behind, bool json) {
    const std::string& bootstrap = config.text("kafka");
    if (bootstrap.empty()) {
        throw runtime::ConfigError("no broker: set --kafka or ANNALS_KAFKA to the one that serve uses");
    }
    const kafka::LogSink sink = [](kafka::Severity severity, std::string_view, const std::string& message) {
        if (severity == kafka::Severity::error) std::fprintf(stderr, "annals: %s\n", message.c_str());
    };
    kafka::TopicReader topic({kafka::BrokerKind::real, bootstrap}, config.text("topic"), sink);
    const auto log = pg::open_log_pages(engine_dsn(config));
    std::vector<kafka::PartitionCheck> checks;
    {
        const ProgressBar progress("topic");
        checks = kafka::check_topic(topic, *log, [&](std::uint64_t done, std::uint64_t of) {
            progress.show(done, of);
        });
    }
    const bool well = std::ranges::all_of(checks, [&](const kafka::PartitionCheck& check) {
        return check.state == kafka::TopicState::equal ||
               (allow_behind && check.state == kafka::TopicState::behind);
    });
    if (json) {
        print_json(checks, well);
        return well ? 0 : 1;
    }
    for (std::size_t p = 0; p < checks.size(); ++p) {
        std::printf("%s\n", fmt::format("partition {}: {}", p, describe(checks[p])).c_str());
    }
    return well ? 0 : 1;
}

}  // namespace annals::app
