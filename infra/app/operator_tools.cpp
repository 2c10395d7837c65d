#include "infra/app/operator_tools.hpp"

#include "commands/catalogue.hpp"
#include "commands/kernel/command_bus.hpp"
#include "domain/operations/parked_queue.hpp"
#include "infra/app/process.hpp"
#include "infra/crypto/random.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/schema_check.hpp"
#include "infra/runtime/clock.hpp"
#include "projections/catalogue.hpp"

#include <cstdio>
#include <future>

namespace annals::app {

const ProjectionType* projection_named(const std::string& name) {
    std::string known;
    for (const ProjectionType* type : projection_catalogue()) {
        if (name == type->name || name == type->checkpoint_name()) return type;
        known += (known.empty() ? "" : ", ") + std::string(type->name);
    }
    std::fprintf(stderr, "annals: there is no projection %s; known: %s\n", name.c_str(), known.c_str());
    return nullptr;
}

void record_skip(
    const runtime::Config& config, Cryptography& cryptography, const operations::SkipParkedEvent& command
) {
    const std::string dsn = engine_dsn(config);
    runtime::SystemClock clock;
    crypto::SystemIdSource ids;
    CommandBusOptions options;
    options.partitions = pg::log_partitions(dsn);
    options.writers = 1;
    options.open_store = [dsn] { return pg::make_pg_event_store(dsn); };
    options.clock = &clock;
    options.ids = &ids;
    options.cryptography = &cryptography;
    CommandBus bus(std::move(options));
    CommandRequest request;
    request.type = &command_type_of<operations::SkipParkedEvent>();
    request.command = std::make_shared<operations::SkipParkedEvent>(command);
    request.target = operations::parked_queue_id(command.projection.str());
    request.realm = kPlatformRealm;
    request.actor = {contract::ActorKind::system, {}, {}};
    request.command_id = CommandId{ids.next()};
    request.reason = command.reason.str();
    std::promise<CommandResult> answered;
    auto answer = answered.get_future();
    bus.submit(std::move(request), [&answered](CommandResult result) {
        answered.set_value(std::move(result));
    });
    const CommandResult result = answer.get();
    bus.stop();
    if (!result) throw std::runtime_error(result.error().code + ": " + result.error().detail);
}

}  // namespace annals::app
