#include "infra/app/health.hpp"

#include "api/http/problem.hpp"
#include "api/http/query.hpp"
#include "domain/contract/json_writer.hpp"

#include <algorithm>

namespace annals::app {
namespace {

using Answer = std::function<http::Response(const http::Request&)>;

/// An endpoint that may block.
http::Handler on_worker(api::Workers& workers, Answer answer) {
    return [&workers, answer = std::move(answer
                      )](const std::shared_ptr<http::Request>& request, http::Respond respond) {
        auto slot = std::make_shared<http::Respond>(std::move(respond));
        const auto refuse = [request, slot] {
            (*slot)(http::problem_response(*request, http::make_problem("OVERLOADED", "all workers are busy"))
            );
        };
        if (!workers.submit([answer, request, slot] { (*slot)(answer(*request)); }, refuse)) refuse();
    };
}

std::vector<Check> all_checks(const HealthSources& sources) {
    std::vector<Check> checks{sources.database()};
    std::ranges::move(sources.parts(), std::back_inserter(checks));
    const bool draining = sources.draining->load();
    checks.push_back(
        {"accepting", draining ? Health::failing : Health::ok,
         draining ? "the process is stopping" : "requests are served"}
    );
    return checks;
}

Health worst_of(const std::vector<Check>& checks) {
    return std::ranges::max_element(checks, {}, &Check::health)->health;
}

std::string_view mark_of(Health health) {
    static constexpr std::string_view kMarks[] = {"[+]", "[~]", "[-]"};
    return kMarks[static_cast<std::size_t>(health)];
}

http::Response readiness(const HealthSources& sources, const http::Request& request) {
    const auto checks = all_checks(sources);
    const bool ready = worst_of(checks) != Health::failing;
    const auto query = http::QueryParameters::parse(request.query);
    if (!query || !query->find("verbose"))
        return http::text_response(ready ? 200 : 503, ready ? "ready\n" : "not ready\n");
    std::string body;
    for (const Check& check : checks) {
        body += mark_of(check.health);
        body += check.name + ": " + check.detail + "\n";
    }
    body += ready ? "ready\n" : "not ready\n";
    return http::text_response(ready ? 200 : 503, std::move(body));
}

/// {"status":"ok","checks":{"database":{"status":"ok","detail":"…"},…}}
http::Response health_report(const HealthSources& sources, const http::Request&) {
    const auto checks = all_checks(sources);
    const Health health = worst_of(checks);
    std::string body = R"({"status":")" + std::string(to_string(health)) + R"(","checks":{)";
    for (const Check& check : checks) {
        if (&check != &checks.front()) body += ',';
        contract::append_json_string(body, check.name);
        body += R"(:{"status":")" + std::string(to_string(check.health)) + R"(","detail":)";
        contract::append_json_string(body, check.detail);
        body += '}';
    }
    return http::json_response(health == Health::failing ? 503 : 200, body + "}}");
}

}  // namespace

std::string_view to_string(Health health) {
    switch (health) {
        case Health::ok:
            return "ok";
        case Health::degraded:
            return "degraded";
        case Health::failing:
            return "failing";
    }
    return "failing";
}

std::vector<http::Endpoint> health_endpoints(
    HealthSources sources, runtime::Metrics& metrics, api::Workers& workers
) {
    const auto shared = std::make_shared<const HealthSources>(std::move(sources));
    return {
        // Liveness asks nobody: a process that answers is alive.
        {http::Method::get, "/livez",
         [](const std::shared_ptr<http::Request>&, http::Respond respond) {
             respond(http::text_response(200, "alive\n"));
         }},
        {http::Method::get, "/readyz",
         on_worker(workers, [shared](const http::Request& request) { return readiness(*shared, request); })},
        {http::Method::get, "/health",
         on_worker(
             workers, [shared](const http::Request& request) { return health_report(*shared, request); }
         )},
        {http::Method::get, "/metrics",
         on_worker(
             workers,
             [shared, &metrics](const http::Request&) {
                 shared->update_metrics(metrics);
                 http::Response response = http::text_response(200, metrics.render());
                 response.content_type = runtime::Metrics::kContentType;
                 return response;
             }
         )},
    };
}

}  // namespace annals::app
