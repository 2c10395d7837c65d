#include "api/kernel/application.hpp"

#include "api/http/negotiation.hpp"
#include "api/http/query.hpp"
#include "api/http/router.hpp"
#include "api/kernel/command_endpoint.hpp"
#include "api/kernel/passing_on.hpp"
#include "api/kernel/query_endpoint.hpp"
#include "commands/ports/event_store.hpp"
#include "domain/kernel/overloaded.hpp"

namespace annals::api {
namespace {

/// What happens to an exchange whose sender is known.
using Authenticated = std::function<void(Exchange)>;

/// Runs `next` when the session still holds. A session that was looked at moments ago is believed; otherwise
/// a worker looks it up, because that blocks.
void with_live_session(
    Services& services, AccessChecks& checks, Exchange exchange, const Authenticated& next
) {
    const Principal principal = *exchange.principal;
    const TenantId own_realm = realm_of(principal.user);
    if (checks.known(principal, own_realm, steady_ms())) return next(std::move(exchange));
    auto slot = std::make_shared<Exchange>(std::move(exchange));
    const auto fail = [slot](const http::Problem& problem) {
        slot->fail(unless_in_doubt(*slot->request, problem));
    };
    const auto refuse = [fail] {
        fail(http::make_problem("OVERLOADED", "too many requests are waiting").retry_after(kRetryAfterS));
    };
    const auto look_up = [&services, &checks, principal, own_realm, slot, fail, &next] {
        try {
            const auto verdict = checks.look_up(principal, own_realm, services.clock.now(), steady_ms());
            if (verdict.session_active) return next(std::move(*slot));
            fail(http::make_problem("UNAUTHENTICATED", "the session has ended"));
        } catch (const StoreUnavailable& away) {
            services.report("API-b20f", away.what(), slot->request->request_id);
            fail(http::make_problem("UNAVAILABLE", "the database cannot be reached").retry_after(kRetryAfterS)
            );
        }
    };
    if (!services.workers.submit(look_up, refuse)) refuse();
}

/// Only queries take parameters. Whoever sends one with a command means something that would not happen.
std::optional<http::Problem> refuse_parameters(const http::Request& request) {
    const auto query = http::QueryParameters::parse(request.query);
    if (!query) return query.error();
    if (query->items().empty()) return std::nullopt;
    return http::bad_parameter(query->items().front().first, "this route takes no query parameters");
}

Authenticated without_parameters(Authenticated next) {
    return [next = std::move(next)](Exchange exchange) {
        if (auto problem = refuse_parameters(*exchange.request)) return exchange.fail(*problem);
        next(std::move(exchange));
    };
}

/// Where the session of a known sender is looked up, or what does it itself.
enum class SessionCheck : std::uint8_t {
    here,
    where_decided,  ///< in the process that decides for the organization's partition
    by_next
};

http::Handler authenticated(
    Services& services, AccessChecks& checks, SessionCheck check, Authenticated next
) {
    return [&services, &checks, check,
            next = std::move(next)](std::shared_ptr<http::Request> request, http::Respond respond) {
        Exchange exchange{std::move(request), std::move(respond)};
        const auto principal = authenticate(*exchange.request, services.tokens, services.clock.now());
        if (!principal) return exchange.fail(principal.error());
        if (auto problem = http::require_json_accepted(*exchange.request)) return exchange.fail(*problem);
        exchange.principal = *principal;
        if (check == SessionCheck::by_next) return next(std::move(exchange));
        if (check == SessionCheck::here)
            return with_live_session(services, checks, std::move(exchange), next);
        pass_on_or(services, std::move(exchange), [&services, &checks, &next](Exchange kept) {
            with_live_session(services, checks, std::move(kept), next);
        });
    };
}

http::Handler open_to_all(Authenticated next) {
    return [next = std::move(next)](std::shared_ptr<http::Request> request, http::Respond respond) {
        Exchange exchange{std::move(request), std::move(respond)};
        if (auto problem = http::require_json_accepted(*exchange.request)) return exchange.fail(*problem);
        next(std::move(exchange));
    };
}

http::Handler make_handler(Services& services, AccessChecks& checks, const Route& route) {
    const auto check = is_decided_by_partition(route) ? SessionCheck::where_decided : SessionCheck::here;
    return std::visit(
        Overloaded{
            [&](const CommandRoute& command) {
                return authenticated(
                    services, checks, check, without_parameters([&services, &command](Exchange exchange) {
                        run_command_route(services, command, std::move(exchange));
                    })
                );
            },
            // A query looks up the roles, which includes the session.
            [&](const QueryRoute& query) {
                return authenticated(
                    services, checks, SessionCheck::by_next,
                    [&services, &checks, &query](Exchange exchange) {
                        run_query_route(services, checks, query, std::move(exchange));
                    }
                );
            },
            [&](const CustomRoute& custom) {
                Authenticated run = without_parameters([&services, &custom](Exchange exchange) {
                    custom.run(services, std::move(exchange));
                });
                return custom.is_public ? open_to_all(std::move(run))
                                        : authenticated(services, checks, check, std::move(run));
            },
        },
        route.action
    );
}

}  // namespace

std::vector<http::Endpoint> make_endpoints(
    Services& services, AccessChecks& checks, const std::vector<Route>& routes
) {
    std::vector<http::Endpoint> endpoints;
    endpoints.reserve(routes.size());
    for (const Route& route : routes) {
        endpoints.push_back({route.method, std::string(route.pattern), make_handler(services, checks, route)}
        );
    }
    return endpoints;
}

std::function<std::optional<http::Problem>(http::Request&)> make_unread_refusal(
    Services& services, const std::vector<Route>& routes
) {
    std::vector<http::Router::Row> rows;
    for (const Route& route : routes) rows.push_back({route.method, route.pattern});
    return [&services, &routes,
            router = http::Router(rows)](http::Request& request) -> std::optional<http::Problem> {
        const http::Router::Match match = router.match(request.method, request.segments);
        if (match.outcome != http::Router::Outcome::found) return std::nullopt;
        const Route& route = routes[match.row];
        const auto* custom = std::get_if<CustomRoute>(&route.action);
        if (custom != nullptr && custom->is_public) return std::nullopt;
        request.route = route.pattern;
        const auto principal = authenticate(request, services.tokens, services.clock.now());
        if (!principal) return principal.error();
        const auto* command = std::get_if<CommandRoute>(&route.action);
        return command == nullptr ? std::nullopt : overload_refusal(services, *command, *principal);
    };
}

std::size_t body_bytes_max(const http::Request& request, const http::Limits& limits) {
    return request.path.ends_with("/commands:batch") ? limits.batch_body_bytes_max : limits.body_bytes_max;
}

}  // namespace annals::api
