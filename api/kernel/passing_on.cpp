#include "api/kernel/passing_on.hpp"

#include "api/http/prefer.hpp"
#include "api/kernel/command_endpoint.hpp"
#include "api/kernel/peer_bundle.hpp"
#include "domain/kernel/partitioning.hpp"

#include <memory>
#include <utility>

namespace annals::api {
namespace {

/// A request whose answer another process is asked for.
struct PassedOn {
    Exchange exchange;
    std::move_only_function<void(Exchange)> decide;
};

/// The wish to wait for visibility stayed here, where the client's connection is: it would keep the answers
/// of others waiting that travel with this one.
void pass_back(Services& services, Exchange exchange, http::Response response) {
    const bool waits = http::read_prefer(*exchange.request).wait_s && response.status < 300;
    const auto accepted = waits ? read_answer(response.body) : std::nullopt;
    if (!accepted) return exchange.respond(std::move(response));
    answer_accepted(services, std::move(exchange), std::move(response), accepted->position);
}

void finish(Services& services, PassedOn& passed, PeerAnswer answer) {
    http::Request& request = *passed.exchange.request;
    switch (answer.outcome) {
        case PeerAnswer::Outcome::answered:
            return pass_back(services, std::move(passed.exchange), std::move(answer.response));
        case PeerAnswer::Outcome::not_sent:
            request.command_id.clear();
            return passed.decide(std::move(passed.exchange));
        case PeerAnswer::Outcome::lost:
            request.in_doubt = true;
            return passed.decide(std::move(passed.exchange));
    }
}

}  // namespace

void pass_on_or(Services& services, Exchange exchange, std::move_only_function<void(Exchange)> decide) {
    const std::shared_ptr<http::Request> request = exchange.request;
    if (services.peers == nullptr || request->passed_on || !exchange.principal->tenant)
        return decide(std::move(exchange));
    const std::uint16_t partition = partition_of(*exchange.principal->tenant, services.partitions);
    const bool stays = !services.peers->would_take(partition) || request->headers.has(kForwardedHeader) ||
                       !can_be_passed_on(*request);
    if (stays) return decide(std::move(exchange));
    request->command_id = services.ids.next().to_string();
    const auto passed = std::make_shared<PassedOn>(std::move(exchange), std::move(decide));
    PeerCompletion done = [&services, passed](PeerAnswer answer) {
        finish(services, *passed, std::move(answer));
    };
    if (services.peers->pass_on(partition, request, done)) return;
    finish(services, *passed, {.outcome = PeerAnswer::Outcome::not_sent});
}

}  // namespace annals::api
