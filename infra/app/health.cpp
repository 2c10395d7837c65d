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
    std::ranges::move(sources.broker(), std::back_inserter(checks));
    const bool draining = sources.draining->load();
    checks.push_back({"accepting", !draining, draining ? "the process is stopping" : "requests are served"});
    return checks;
}

http::Response readiness(const HealthSources& sources, const http::Request& request) {
    const auto checks = all_checks(sources);
    const bool ready = std::ranges::all_of(checks, &Check::ok);
    const auto query = http::QueryParameters::parse(request.query);
    if (!query || !query->find("verbose"))
        return http::text_response(ready ? 200 : 503, ready ? "ready\n" : "not ready\n");
    std::string body;
    for (const Check& check : checks)
        body += (check.ok ? "[+]" : "[-]") + check.name + ": " + check.detail + "\n";
    body += ready ? "ready\n" : "not ready\n";
    return http::text_response(ready ? 200 : 503, std::move(body));
}

/// {"status":"ok","checks":{"database":{"ok":true,"detail":"…"},…}}
http::Response health(const HealthSources& sources, const http::Request&) {
    const auto checks = all_checks(sources);
    const bool well = std::ranges::all_of(checks, &Check::ok);
    std::string body = well ? R"({"status":"ok","checks":{)" : R"({"status":"failing","checks":{)";
    for (const Check& check : checks) {
        if (&check != &checks.front()) body += ',';
        contract::append_json_string(body, check.name);
        body += check.ok ? R"(:{"ok":true,"detail":)" : R"(:{"ok":false,"detail":)";
        contract::append_json_string(body, check.detail);
        body += '}';
    }
    return http::json_response(well ? 200 : 503, body + "}}");
}

}  // namespace

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
         on_worker(workers, [shared](const http::Request& request) { return health(*shared, request); })},
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
