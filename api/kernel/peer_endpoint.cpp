#include "api/kernel/peer_endpoint.hpp"

#include "api/kernel/application.hpp"
#include "api/kernel/peer_bundle.hpp"

#include <atomic>
#include <exception>
#include <memory>
#include <span>
#include <utility>

namespace annals::api {
namespace {

/// 32 bytes in base64url.
constexpr std::size_t kSignatureCharacters = 43;

/// The time it takes tells nothing about where the two differ.
bool equal(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
        difference = static_cast<unsigned char>(difference | (left[i] ^ right[i]));
    return difference == 0;
}

http::Response all_answers(std::span<const http::Response> responses) {
    http::Response all;
    all.content_type = "application/octet-stream";
    all.compressible = false;
    all.body = write_answers(responses);
    return all;
}

/// The answers of a bundle; each place is written once, and the last one sends all.
class Answers {
public:
    Answers(std::size_t count, http::Respond respond)
        : responses_(count), missing_(count), respond_(std::move(respond)) {}

    void put(std::size_t place, http::Response response) {
        responses_[place] = std::move(response);
        if (missing_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
        respond_(all_answers(responses_));
    }

private:
    std::vector<http::Response> responses_;
    std::atomic<std::size_t> missing_;
    http::Respond respond_;
};

/// The right to answer one request of a bundle. Lost, it answers 500, so that the others get their answers.
class ItemSlot {
public:
    ItemSlot(std::shared_ptr<Answers> answers, std::size_t place, std::string request_id)
        : answers_(std::move(answers)), place_(place), request_id_(std::move(request_id)) {}
    ItemSlot(ItemSlot&&) noexcept = default;
    ItemSlot& operator=(ItemSlot&&) = delete;
    ItemSlot(const ItemSlot&) = delete;
    ItemSlot& operator=(const ItemSlot&) = delete;
    ~ItemSlot() {
        if (!answers_) return;
        answers_->put(
            place_,
            http::problem_response(request_id_, http::make_problem("INTERNAL", "The answer was lost."))
        );
    }

    void operator()(http::Response response) {
        std::exchange(answers_, nullptr)->put(place_, std::move(response));
    }

private:
    std::shared_ptr<Answers> answers_;
    std::size_t place_;
    std::string request_id_;
};

http::Handler decided_routes(Services& services, AccessChecks& checks, const std::vector<Route>& routes) {
    std::vector<http::Endpoint> all = make_endpoints(services, checks, routes);
    std::vector<http::Endpoint> decided;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (is_decided_by_partition(routes[i])) decided.push_back(std::move(all[i]));
    }
    return http::make_dispatcher(std::move(decided), {});
}

}  // namespace

http::Endpoint peer_endpoint(
    Services& services, AccessChecks& checks, const std::vector<Route>& routes, http::Hmac hmac
) {
    const auto run = [&services, handler = decided_routes(services, checks, routes), hmac = std::move(hmac)](
                         const std::shared_ptr<http::Request>& request, http::Respond respond
                     ) {
        const auto fail = [&](std::string_view code, std::string detail) {
            respond(http::problem_response(*request, http::make_problem(code, std::move(detail))));
        };
        const std::string_view signature = request->headers.get(kPeerSignatureHeader);
        if (signature.size() != kSignatureCharacters || !equal(sign_bundle(hmac, request->body), signature))
            return fail("FORBIDDEN", "only processes of this installation use this path");
        auto items = read_bundle(request->body);
        if (!items) return fail("BAD_REQUEST", "the commands cannot be read");
        if (items->empty()) return respond(all_answers({}));
        const auto answers = std::make_shared<Answers>(items->size(), std::move(respond));
        for (std::size_t i = 0; i < items->size(); ++i) {
            const std::string request_id = (*items)[i]->request_id;
            try {
                handler(std::move((*items)[i]), ItemSlot(answers, i, request_id));
            } catch (const std::exception& error) {
                services.report("API-7d1e", error.what(), request_id);
            }
        }
    };
    return {http::Method::post, std::string(kPeerCommandsPath), run};
}

}  // namespace annals::api
