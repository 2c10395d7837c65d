#include "api/http/dispatcher.hpp"

#include "api/http/problem.hpp"
#include "api/http/router.hpp"

#include <utility>

namespace annals::http {

namespace {

class Dispatcher {
public:
    Dispatcher(std::vector<Endpoint> endpoints, CorsPolicy cors)
        : endpoints_(std::move(endpoints)), router_(rows(endpoints_)), cors_(std::move(cors)) {}

    void handle(const std::shared_ptr<Request>& request, Respond respond) const {
        const Router::Match match = router_.match(request->method, request->segments);
        if (match.outcome == Router::Outcome::found) {
            const Endpoint& endpoint = endpoints_[match.row];
            request->route = endpoint.pattern;
            request->parameters = match.parameters;
            endpoint.handler(request, std::move(respond));
            return;
        }
        respond(refusal(*request, match));
    }

private:
    static std::vector<Router::Row> rows(const std::vector<Endpoint>& endpoints) {
        std::vector<Router::Row> rows;
        for (const Endpoint& endpoint : endpoints) rows.push_back({endpoint.method, endpoint.pattern});
        return rows;
    }

    Response refusal(const Request& request, const Router::Match& match) const {
        if (match.outcome == Router::Outcome::unknown_path) {
            return problem_response(request, make_problem("NOT_FOUND", "There is no such path."));
        }
        const std::string allow = Router::allow_header(match.allowed);
        if (request.method == Method::options) return cors_.options_response(request, allow);
        Problem problem = make_problem("METHOD_NOT_ALLOWED", "The path exists, but not for this method.");
        problem.allow = allow;
        return problem_response(request, problem);
    }

    std::vector<Endpoint> endpoints_;
    Router router_;
    CorsPolicy cors_;
};

}  // namespace

Handler make_dispatcher(std::vector<Endpoint> endpoints, CorsPolicy cors) {
    auto dispatcher = std::make_shared<const Dispatcher>(std::move(endpoints), std::move(cors));
    return [dispatcher](const std::shared_ptr<Request>& request, Respond respond) {
        dispatcher->handle(request, std::move(respond));
    };
}

}  // namespace annals::http
