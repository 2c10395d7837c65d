#include "api/openapi/docs_endpoints.hpp"

#include "api/http/problem.hpp"
#include "api/openapi/docs_page.hpp"

namespace annals::api {

std::vector<http::Endpoint> docs_endpoints(std::span<const Route> routes, const EventTopic& topic) {
    const auto site = std::make_shared<const DocsSite>(routes, contract::event_catalogue(), topic);
    const http::Handler from_site = [site](
                                        const std::shared_ptr<http::Request>& request, http::Respond respond
                                    ) { respond(site->answer(*request)); };
    const http::Handler problems = [](const std::shared_ptr<http::Request>&, http::Respond respond) {
        respond(http::problem_index_page());
    };
    const http::Handler problem = [](const std::shared_ptr<http::Request>& request, http::Respond respond) {
        auto page = http::problem_page(request->parameters["code"]);
        if (page) return respond(std::move(*page));
        respond(
            http::problem_response(*request, http::make_problem("NOT_FOUND", "there is no such problem code"))
        );
    };
    std::vector<http::Endpoint> endpoints;
    for (const std::string_view pattern :
         {"/openapi.json", "/asyncapi.json", "/docs", "/docs/assets/{file}", "/schemas/{name}"}) {
        endpoints.push_back({http::Method::get, std::string(pattern), from_site});
    }
    endpoints.push_back({http::Method::get, "/docs/problems", problems});
    endpoints.push_back({http::Method::get, "/docs/problems/{code}", problem});
    return endpoints;
}

}  // namespace annals::api
