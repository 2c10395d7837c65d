#include "api/kernel/query_endpoint.hpp"

#include "api/http/etag.hpp"
#include "api/http/query.hpp"
#include "api/kernel/command_endpoint.hpp"
#include "commands/ports/event_store.hpp"
#include "domain/contract/json_writer.hpp"
#include "domain/organizations/permissions.hpp"

#include <algorithm>
#include <charconv>

namespace annals::api {
namespace {

constexpr std::string_view kMinPosition = "min_position";
constexpr std::string_view kLimit = "limit";
constexpr std::string_view kCursor = "cursor";
constexpr std::string_view kSort = "sort";

http::Problem not_found() {
    return http::make_problem("NOT_FOUND", "there is nothing here for you under this id");
}

/// What a query string says, read but not yet run.
struct ParsedQuery {
    std::shared_ptr<void> parameters;
    std::optional<Position> min_position;
    std::size_t limit{kListLimitDefault};
    std::optional<std::string> cursor;
    std::string sort;
    bool descending{false};
    std::string scope;  ///< what a cursor is bound to: the route, its filters and its order
};

class QueryStringReader {
public:
    QueryStringReader(const QueryRoute& route, const http::Request& request)
        : route_(route), request_(request) {}

    std::expected<ParsedQuery, http::Problem> read() {
        const auto query = http::QueryParameters::parse(request_.query);
        if (!query) return std::unexpected(query.error());
        if (route_.make_parameters != nullptr) parsed_.parameters = route_.make_parameters();
        if (route_.list) parsed_.sort = route_.sorts.front();
        for (const auto& [name, value] : query->items()) {
            if (auto problem = take(name, value)) return std::unexpected(std::move(*problem));
        }
        parsed_.scope =
            std::string(request_.route) + " " + parsed_.sort + (parsed_.descending ? " desc" : "");
        for (const auto& [name, value] : query->items()) {
            if (name == kCursor || name == kLimit || name == kMinPosition || name == kSort) continue;
            parsed_.scope.append(" ").append(name).append("=").append(value);
        }
        for (std::size_t i = 0; i < request_.segments.size(); ++i)
            parsed_.scope += "/" + std::string(request_.segments[i]);
        return std::move(parsed_);
    }

private:
    std::optional<http::Problem> take(const std::string& name, const std::string& value) {
        if (name == kMinPosition) return take_min_position(value);
        if (route_.list && name == kLimit) return take_limit(value);
        if (route_.list && name == kSort) return take_sort(value);
        if (route_.list && name == kCursor) {
            parsed_.cursor = value;
            return std::nullopt;
        }
        const auto fields =
            route_.parameters != nullptr ? route_.parameters->fields : std::span<const contract::FieldInfo>();
        const auto field = std::ranges::find(fields, std::string_view(name), &contract::FieldInfo::name);
        if (field == fields.end())
            return http::bad_parameter(name, "there is no such parameter here; known: " + known());
        return take_field(*field, value);
    }

    /// A list parameter holds its items between commas, any of which may match.
    std::optional<http::Problem> take_field(const contract::FieldInfo& field, std::string_view value) {
        void* at = field.at(parsed_.parameters.get());
        const contract::TypeInfo* type = field.type;
        if (type->kind == contract::Kind::optional) {
            at = type->container->add(at);
            type = type->element;
        }
        if (type->kind != contract::Kind::list) return take_scalar(field, *type, at, value);
        while (true) {
            const auto comma = value.find(',');
            if (auto problem =
                    take_scalar(field, *type->element, type->container->add(at), value.substr(0, comma))) {
                return problem;
            }
            if (comma == std::string_view::npos) return std::nullopt;
            value.remove_prefix(comma + 1);
        }
    }

    static std::optional<http::Problem> take_scalar(
        const contract::FieldInfo& field, const contract::TypeInfo& type, void* at, std::string_view value
    ) {
        if (type.kind == contract::Kind::boolean) {
            if (value != "true" && value != "false")
                return http::bad_parameter(field.name, "true or false is expected");
            type.set_boolean(at, value == "true");
            return std::nullopt;
        }
        if (type.kind == contract::Kind::integer) {
            std::int64_t number = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
            const bool whole = error == std::errc{} && end == value.data() + value.size();
            if (!whole || number < type.min || number > type.max) {
                return http::bad_parameter(field.name, "a whole number in range is expected");
            }
            type.set_integer(at, number);
            return std::nullopt;
        }
        const std::string_view fault = type.read(at, value);
        if (fault.empty()) return std::nullopt;
        std::string detail = "the value cannot be accepted: " + std::string(fault);
        for (const std::string_view name : type.enumerators) {
            detail += name == type.enumerators.front() ? "; allowed: " : ", ";
            detail += name;
        }
        return http::bad_parameter(field.name, std::move(detail));
    }

    std::optional<http::Problem> take_min_position(const std::string& value) {
        parsed_.min_position = Position::parse(value);
        if (parsed_.min_position) return std::nullopt;
        return http::bad_parameter(kMinPosition, "a position as a command answered it is expected");
    }

    std::optional<http::Problem> take_limit(const std::string& value) {
        std::size_t limit = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
        if (error != std::errc{} || end != value.data() + value.size() || limit == 0) {
            return http::bad_parameter(kLimit, "a number from 1 to 200 is expected");
        }
        parsed_.limit = std::min(limit, kListLimitMax);
        return std::nullopt;
    }

    std::optional<http::Problem> take_sort(const std::string& value) {
        const auto colon = value.find(':');
        const std::string direction = colon == std::string::npos ? "asc" : value.substr(colon + 1);
        parsed_.sort = value.substr(0, colon);
        parsed_.descending = direction == "desc";
        const bool known =
            std::ranges::find(route_.sorts, std::string_view(parsed_.sort)) != route_.sorts.end();
        if (known && (direction == "asc" || direction == "desc")) return std::nullopt;
        std::string detail = "a field and a direction as in created:desc are expected; fields:";
        for (const std::string_view field : route_.sorts) detail += " " + std::string(field);
        return http::bad_parameter(kSort, std::move(detail));
    }

    std::string known() const {
        std::string names(kMinPosition);
        if (route_.list) names += ", limit, cursor, sort";
        if (route_.parameters == nullptr) return names;
        for (const auto& field : route_.parameters->fields) names += ", " + std::string(field.name);
        return names;
    }

    const QueryRoute& route_;
    const http::Request& request_;
    ParsedQuery parsed_;
};

std::expected<TenantId, http::Problem> realm_of_query(const QueryRoute& route, const Exchange& exchange) {
    if (route.realm == Realm::person) return annals::realm_of(exchange.principal->user);
    if (route.realm == Realm::path) {
        const auto org = TenantId::parse(exchange.request->parameters["org"]);
        if (!org) return std::unexpected(not_found());
        return *org;
    }
    if (exchange.principal->tenant) return *exchange.principal->tenant;
    return std::unexpected(http::make_problem("FORBIDDEN", "this session does not act in an organization"));
}

std::optional<http::Problem> check_access(
    Services& services, AccessChecks& checks, const QueryRoute& route, const Principal& principal,
    TenantId realm
) {
    auto verdict = checks.known(principal, realm, steady_ms());
    if (!verdict) verdict = checks.look_up(principal, realm, services.clock.now(), steady_ms());
    if (!verdict->session_active) return http::make_problem("UNAUTHENTICATED", "the session has ended");
    if (route.realm == Realm::person) return std::nullopt;
    // Somebody who is no member learns nothing, not even that the organization exists.
    if (verdict->roles.empty()) return not_found();
    if (organizations::allows(verdict->roles, route.permission)) return std::nullopt;
    return http::make_problem(
        "FORBIDDEN", "your roles do not include the permission " +
                         std::string(organizations::permission_name(route.permission))
    );
}

/// The same address with another cursor.
std::string next_link(const http::Request& request, const std::string& cursor) {
    std::string link = "<" + request.path + "?";
    std::string_view query = request.query;
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view item = query.substr(0, end);
        if (!item.starts_with("cursor=")) link.append(item).append("&");
        if (end == std::string_view::npos) break;
        query.remove_prefix(end + 1);
    }
    return link + "cursor=" + cursor + ">; rel=\"next\"";
}

http::Response list_response(
    Services& services, const Exchange& exchange, const ParsedQuery& query, TenantId realm, QueryAnswer answer
) {
    std::string body = R"({"items":)" + std::move(answer.json) + R"(,"next_cursor":)";
    std::string cursor;
    if (answer.next) {
        const std::string realm_text = realm.to_string();
        cursor = services.cursors.encode({realm_text, query.scope}, *answer.next);
        contract::append_json_string(body, cursor);
    } else {
        body += "null";
    }
    body += answer.next ? R"(,"has_more":true})" : R"(,"has_more":false})";
    http::Response response = http::json_response(200, std::move(body));
    if (answer.next) response.headers.add("Link", next_link(*exchange.request, cursor));
    return response;
}

/// Runs on a worker thread.
void read_and_answer(
    Services& services, AccessChecks& checks, const QueryRoute& route, const ParsedQuery& query,
    TenantId realm, Exchange& exchange
) {
    if (auto problem = check_access(services, checks, route, *exchange.principal, realm))
        return exchange.fail(*problem);
    QueryContext context{services, *exchange.request, *exchange.principal, realm, query.limit,
                         {},       query.descending,  query.sort};
    if (query.cursor) {
        const std::string realm_text = realm.to_string();
        auto after = services.cursors.decode({realm_text, query.scope}, *query.cursor, route.sort_keys);
        if (!after) return exchange.fail(after.error());
        context.after = std::move(*after);
    }
    auto answer = route.run(context, query.parameters.get());
    if (!answer) return exchange.fail(answer.error());
    if (route.list)
        return exchange.respond(list_response(services, exchange, query, realm, std::move(*answer)));
    http::Response response = http::json_response(200, std::move(answer->json));
    if (answer->version) {
        const std::string etag = http::make_etag(*answer->version);
        if (http::is_not_modified(*exchange.request, etag)) return exchange.respond(http::not_modified(etag));
        response.headers.add("ETag", etag);
    }
    exchange.respond(std::move(response));
}

void run_on_worker(
    Services& services, AccessChecks& checks, const QueryRoute& route, ParsedQuery query, TenantId realm,
    Exchange exchange
) {
    // The job owns the exchange; where it is refused instead, the shared slot is where it is answered from.
    auto slot = std::make_shared<Exchange>(std::move(exchange));
    const auto refuse = [slot] {
        slot->fail(http::make_problem("OVERLOADED", "too many queries are waiting").retry_after(kRetryAfterS)
        );
    };
    const auto unavailable = [slot](std::string_view why) {
        slot->fail(http::make_problem("UNAVAILABLE", std::string(why)).retry_after(kRetryAfterS));
    };
    const bool accepted = services.workers.submit(
        [&services, &checks, &route, query = std::move(query), realm, slot, unavailable] {
            try {
                read_and_answer(services, checks, route, query, realm, *slot);
            } catch (const StoreUnavailable& away) {
                services.report("API-5e19", away.what(), slot->request->request_id);
                unavailable("the database cannot be reached");
            } catch (const QueryUnavailable& away) {
                services.report("API-d3f6", away.what(), slot->request->request_id);
                unavailable("the database cannot answer now");
            } catch (const std::exception& error) {
                services.report("API-a9c4", error.what(), slot->request->request_id);
                slot->fail(http::make_problem("INTERNAL", "the query failed"));
            }
        },
        refuse
    );
    if (!accepted) refuse();
}

}  // namespace

void run_query_route(Services& services, AccessChecks& checks, const QueryRoute& route, Exchange exchange) {
    auto query = QueryStringReader(route, *exchange.request).read();
    if (!query) return exchange.fail(query.error());
    const auto realm = realm_of_query(route, exchange);
    if (!realm) return exchange.fail(realm.error());
    if (query->min_position && services.visibility.is_superseded(*query->min_position)) {
        http::Problem gone =
            http::make_problem("POSITION_SUPERSEDED", "the log was restored to before this position");
        return exchange.fail(gone.with("epoch", services.visibility.epoch()));
    }
    if (!query->min_position || services.visibility.is_visible(*query->min_position)) {
        return run_on_worker(services, checks, route, std::move(*query), *realm, std::move(exchange));
    }
    const Position position = *query->min_position;
    respond_when_visible(
        services, position, kMinPositionWaitMs,
        [&services, &checks, &route, query = std::move(*query), realm = *realm,
         exchange = std::move(exchange)](bool visible) mutable {
            if (visible)
                return run_on_worker(services, checks, route, std::move(query), realm, std::move(exchange));
            http::Problem behind = http::make_problem("PROJECTION_BEHIND", "the position is not visible yet");
            exchange.fail(behind.retry_after(kRetryAfterS));
        }
    );
}

}  // namespace annals::api
