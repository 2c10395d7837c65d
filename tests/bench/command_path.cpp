#include "tests/bench/command_path.hpp"

#include "commands/kernel/decide_command.hpp"
#include "tests/support/values.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace annals::test {
namespace {

constexpr std::array<std::uint8_t, crypto::Key::kBytes> kMasterKey{1, 2, 3};

const api::Route& route_of(std::string_view operation) {
    const auto& routes = api::all_routes();
    const auto found = std::ranges::find(routes, operation, &api::Route::operation);
    if (found == routes.end()) throw std::runtime_error("there is no route " + std::string(operation));
    return *found;
}

}  // namespace

CommandPath::CommandPath()
    : clock_(instant("2026-03-01T12:00:00Z")),
      cryptography_(crypto::MasterKey(crypto::Key(kMasterKey))),
      store_(log_.open()),
      committed_(*store_, cryptography_, kPartitions, kStreamsMax) {
    principal_.user = UserId{ids_.next()};
    principal_.tenant = TenantId{ids_.next()};
    principal_.session = SessionId{ids_.next()};
    committed_.synchronise();
}

AppendBatch CommandPath::decide(const CommandRequest& request) {
    WorkingLayer batch(committed_);
    BatchLines lines(committed_, cryptography_, ids_, clock_.now());
    return decide_on(batch, lines, request);
}

CommandRequest CommandPath::keep(CommandRequest request) {
    WorkingLayer batch(committed_);
    BatchLines lines(committed_, cryptography_, ids_, clock_.now());
    if (store_->append(decide_on(batch, lines, request)) != AppendOutcome::written) {
        throw std::runtime_error("the log in memory refused an append");
    }
    batch.keep_committed();
    lines.keep_committed();
    return request;
}

/// What Writer does with a batch of one, between taking it and appending it.
AppendBatch CommandPath::decide_on(WorkingLayer& batch, BatchLines& lines, const CommandRequest& request) {
    std::vector<StreamKey> streams;
    committed_.begin_batch();
    streams_to_prefetch(request, committed_, streams);
    if (request.fresh_target) committed_.know_absent({committed_.partition(request.realm), request.target});
    committed_.prefetch(streams);

    WorkingLayer layer(batch);
    const DecisionContext context{clock_.now(), &ids_, &cryptography_, &committed_};
    if (const auto decided = decide_command(request, context, layer); !decided) {
        throw std::runtime_error(decided.error().code + ": " + decided.error().detail);
    }
    if (const auto placed = lines.place(layer.events()); !placed) {
        throw std::runtime_error(placed.error().code + ": " + placed.error().detail);
    }
    layer.events().clear();
    layer.merge_into_below();
    AppendBatch append;
    batch.fill(append);
    lines.fill(append, batch.touched());
    return append;
}

CommandRequest CommandPath::read(std::string_view operation, const Uuid& id, std::string body) {
    const api::Route& route = route_of(operation);
    const std::string id_text = id.to_string();
    http::Request request;
    request.method = route.method;
    request.parameters.add("id", id_text);
    request.headers.add("Content-Type", "application/json");
    request.remote_address = "192.0.2.7";
    request.request_id = "01890a5d-ac96-774b-bcce-b302099a8057";
    request.body = std::move(body);
    auto command = api::CommandInput(ids_, cryptography_, request, principal_)
                       .from_route(std::get<api::CommandRoute>(route.action));
    if (!command) throw std::runtime_error(command.error().code + ": " + command.error().detail);
    return *std::move(command);
}

CommandRequest CommandPath::filled(
    const CommandType& type, TenantId realm, const Uuid& target, std::shared_ptr<const void> command
) {
    CommandRequest request;
    request.type = &type;
    request.command = std::move(command);
    request.target = target;
    request.realm = realm;
    request.actor = {contract::ActorKind::user, user().value, std::nullopt};
    request.command_id = CommandId{ids_.next()};
    return request;
}

void CommandPath::restart() {
    committed_.reset();
    committed_.synchronise();
}

}  // namespace annals::test
