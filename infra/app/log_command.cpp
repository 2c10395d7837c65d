#include "infra/app/commands.hpp"
#include "infra/postgres/log_epoch.hpp"
#include "infra/runtime/config_error.hpp"

#include <cstdio>

namespace annals::app {

int raise_epoch(const runtime::Config& config, const std::string& reason, std::uint32_t above, bool json) {
    const std::string& owner_dsn = config.text("owner_dsn");
    if (owner_dsn.empty()) {
        throw runtime::ConfigError(
            "no owner connection: set --owner-dsn or ANNALS_OWNER_DSN to the one that `annals migrate` uses"
        );
    }
    const pg::RaisedEpoch raised = pg::raise_epoch(owner_dsn, reason, above);
    std::string after;
    for (const std::uint64_t position : raised.after) {
        if (!after.empty()) after += json ? "," : " ";
        after += std::to_string(position);
    }
    if (json) {
        std::printf(
            R"({"epoch":%u,"after":[%s]})"
            "\n",
            raised.epoch, after.c_str()
        );
    } else {
        std::printf(
            "the log's epoch is now %u; by partition it begins after position %s\n", raised.epoch,
            after.c_str()
        );
    }
    return 0;
}

}  // namespace annals::app
