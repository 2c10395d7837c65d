#include "api/kernel/command_endpoint.hpp"

#include "api/http/etag.hpp"
#include "api/http/prefer.hpp"
#include "api/kernel/forms.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_set>

namespace annals::api {
namespace {

http::Response accepted_response(int status, const CommandAnswer& answer) {
    http::Response response = http::json_response(status, answer.body);
    response.headers.add("ETag", http::make_etag(answer.version));
    if (answer.repeated) response.headers.add("Idempotency-Replayed", "true");
    return response;
}

/// The stored answer with the members that are made anew for each answer.
void add_members(std::string& body, const std::string& members) {
    body.pop_back();
    body += members;
    body += '}';
}

http::Problem refusal_problem(
    const http::Request& request, const Rejection& rejection, bool if_match_used = false
) {
    return unless_in_doubt(request, rejection_problem(rejection, if_match_used));
}

void append_item(std::string& items, const CommandResult& result, const http::Request& request) {
    if (items.size() > 1) items += ',';
    if (result) {
        items += R"({"status":200,"result":)";
        items += result->body;
    } else {
        const http::Problem problem = refusal_problem(request, result.error());
        items += R"({"status":)" + std::to_string(problem.status) + R"(,"problem":)";
        items += http::problem_response(request, problem).body;
    }
    items += '}';
}

/// Of an atomic batch that failed, the item that was rejected tells why nothing was done.
void answer_failed_batch(Exchange& exchange, const std::vector<CommandResult>& results) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i] || results[i].error().code == "ABORTED") continue;
        http::Problem problem = refusal_problem(*exchange.request, results[i].error());
        for (FieldFault& fault : problem.errors) {
            fault.pointer.insert(0, "/commands/" + std::to_string(i) + "/data");
        }
        problem.with("index", i);
        exchange.fail(problem);
        return;
    }
    exchange.fail(http::make_problem("INTERNAL", "the batch failed without a reason"));
}

void answer_batch(Exchange exchange, bool atomic, const std::vector<CommandResult>& results) {
    const bool failed = std::ranges::any_of(results, [](const CommandResult& result) { return !result; });
    if (atomic && failed) return answer_failed_batch(exchange, results);
    std::string items = "[";
    for (const CommandResult& result : results) append_item(items, result, *exchange.request);
    exchange.respond(http::json_response(200, R"({"items":)" + items + "]}"));
}

/// Of two commands with one id the second would be told that the first is being decided, on every try.
std::optional<http::Problem> repeated_id(const CommandBatch& batch) {
    std::unordered_set<CommandId> ids;
    for (std::size_t i = 0; i < batch.commands.size(); ++i) {
        const std::optional<CommandId>& id = batch.commands[i].command_id;
        if (!id || ids.insert(*id).second) continue;
        return faults_problem(
            {{"/command_id", "duplicate", "another command of this batch has this id"}},
            "/commands/" + std::to_string(i)
        );
    }
    return std::nullopt;
}

}  // namespace

http::Problem rejection_problem(const Rejection& rejection, bool if_match_used) {
    http::Problem problem = http::to_problem(rejection, if_match_used);
    if (problem.status == 503) problem.retry_after(kRetryAfterS);
    return problem;
}

http::Problem unless_in_doubt(const http::Request& request, http::Problem problem) {
    if (!request.in_doubt) return problem;
    return http::make_problem("UNAVAILABLE", "the outcome is not known yet; repeat with the same command id")
        .retry_after(kRetryAfterS);
}

void answer_accepted(
    Services& services, Exchange exchange, http::Response response, const Position& position
) {
    const http::Prefer prefer = http::read_prefer(*exchange.request);
    if (!prefer.wait_s) {
        exchange.respond(std::move(response));
        return;
    }
    respond_when_visible(
        services, position, static_cast<std::int64_t>(*prefer.wait_s) * 1000,
        [exchange = std::move(exchange), response = std::move(response),
         wait_s = *prefer.wait_s](bool visible) mutable {
            if (visible) response.headers.add("Preference-Applied", "wait=" + std::to_string(wait_s));
            exchange.respond(std::move(response));
        }
    );
}

void respond_when_visible(
    Services& services, const Position& position, std::int64_t wait_ms,
    std::move_only_function<void(bool)> respond
) {
    services.visibility.when_visible(
        position, std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms),
        [respond = std::move(respond)](Visible visible) mutable { respond(visible == Visible::yes); }
    );
}

std::optional<http::Problem> overload_refusal(
    Services& services, const CommandRoute& route, const Principal& principal
) {
    // What names another realm than the session's waits in the session's line as well, but maybe for another
    // writer, which is known when it is read.
    if (route.realm != Realm::session || route.type->target_is_realm || !principal.tenant)
        return std::nullopt;
    const auto refused = services.bus.refusal_now(*principal.tenant);
    if (!refused) return std::nullopt;
    return rejection_problem(*refused);
}

void run_command_route(Services& services, const CommandRoute& route, Exchange exchange) {
    // Before the command is read: whoever is refused under overload must cost as little as possible.
    // One in doubt may have been decided elsewhere: then its answer is looked up.
    const auto refused =
        exchange.request->in_doubt ? std::nullopt : overload_refusal(services, route, *exchange.principal);
    if (refused) return exchange.fail(*refused);
    auto command = CommandInput(services, *exchange.request, *exchange.principal).from_route(route);
    if (!command) return exchange.fail(command.error());
    const bool if_match_used = command->expected_version.has_value();
    const TenantId realm = command->realm;
    services.bus.submit(
        std::move(*command),
        [&services, &route, realm, if_match_used,
         exchange = std::move(exchange)](CommandResult result) mutable {
            if (!result)
                return exchange.fail(refusal_problem(*exchange.request, result.error(), if_match_used));
            const bool creates = route.type->target == Target::creates;
            http::Response response = accepted_response(creates ? 201 : 200, *result);
            if (creates)
                response.headers.add("Location", std::string(route.location) + result->id.to_string());
            if (route.extra != nullptr) {
                add_members(response.body, route.extra(services, *result, realm));
                response.compressible = false;
            }
            answer_accepted(services, std::move(exchange), std::move(response), result->position);
        }
    );
}

void run_command(Services& services, Exchange exchange) {
    const auto form = read_form<CommandForm>(*command_form_info(), exchange);
    if (!form) return;
    auto command = CommandInput(services, *exchange.request, *exchange.principal).from_form(*form, "");
    if (!command) return exchange.fail(command.error());
    const int status = command->type->target == Target::creates ? 201 : 200;
    services.bus.submit(
        std::move(*command),
        [&services, status, exchange = std::move(exchange)](CommandResult result) mutable {
            if (!result) return exchange.fail(refusal_problem(*exchange.request, result.error()));
            answer_accepted(
                services, std::move(exchange), accepted_response(status, *result), result->position
            );
        }
    );
}

void run_command_batch(Services& services, Exchange exchange) {
    const auto batch = read_form<CommandBatch>(*command_batch_info(), exchange);
    if (!batch) return;
    if (const auto repeated = repeated_id(*batch)) return exchange.fail(*repeated);
    const bool atomic = batch->atomic.value_or(false);
    const CommandInput input(services, *exchange.request, *exchange.principal);
    std::vector<CommandRequest> commands;
    for (std::size_t i = 0; i < batch->commands.size(); ++i) {
        auto command = input.from_form(batch->commands[i], "/commands/" + std::to_string(i), i);
        if (!command) return exchange.fail(command.error());
        if (atomic && !commands.empty() && commands.front().realm != command->realm) {
            return exchange.fail(http::make_problem(
                "BAD_REQUEST", "an atomic batch changes one organization, this one names several"
            ));
        }
        commands.push_back(std::move(*command));
    }
    services.bus.submit_group(
        std::move(commands), atomic,
        [atomic, exchange = std::move(exchange)](const std::vector<CommandResult>& results) mutable {
            answer_batch(std::move(exchange), atomic, results);
        }
    );
}

}  // namespace annals::api
