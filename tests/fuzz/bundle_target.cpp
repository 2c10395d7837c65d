#include "api/http/ascii.hpp"
#include "api/http/trace_context.hpp"
#include "api/http/uri.hpp"
#include "api/kernel/command_peers.hpp"
#include "api/kernel/peer_bundle.hpp"
#include "domain/kernel/ids.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace annals::test::fuzz {
namespace {

using Requests = std::vector<std::shared_ptr<http::Request>>;

constexpr std::array<std::string_view, 5> kFields{
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"
};
/// Answers are read with each of these counts: one at most is right.
constexpr std::size_t kAnswersMax = 5;

void check_same_headers(const http::Headers& left, const http::Headers& right) {
    require(left.size() == right.size(), "another number of fields");
    for (std::size_t i = 0; i < left.size(); ++i) {
        require(left[i].name == right[i].name, "another field");
        require(left[i].value == right[i].value, "another value");
    }
}

void check_same_request(const http::Request& left, const http::Request& right) {
    require(left.method == right.method, "another method");
    require(left.path == right.path, "another path");
    require(left.segments == right.segments, "other segments");
    require(left.query == right.query, "another query");
    require(left.command_id == right.command_id, "another command id");
    require(left.request_id == right.request_id, "another request id");
    require(left.remote_address == right.remote_address, "another address");
    require(left.traceparent == right.traceparent, "another trace");
    require(left.body == right.body, "another body");
    check_same_headers(left.headers, right.headers);
}

/// What those rely on who work with a request, whoever brought it.
void check_request(const http::Request& request) {
    require(request.passed_on && !request.in_doubt, "it does not say that it was passed on");
    require(request.route.empty() && request.parameters.size() == 0, "it has a route already");
    require(request.path.starts_with('/'), "a path does not start with a slash");
    require(request.path.find('\\') == std::string::npos, "a path holds a backslash");
    require(std::ranges::none_of(request.path, http::is_control), "a path holds a control character");
    require(request.segments.size() <= http::kPathSegmentsMax, "a path has too many segments");
    for (const std::string_view segment : request.segments)
        require(segment != "." && segment != "..", "a path goes up");
    require(Uuid::parse(request.command_id).has_value(), "a command id is none");
    require(Uuid::parse(request.request_id).has_value(), "a request id is none");
    require(std::ranges::all_of(request.remote_address, http::is_visible), "an address is none");
    require(std::ranges::all_of(request.traceparent, http::is_visible), "a trace is no text");
    require(request.traceparent.empty() || http::is_traceparent(request.traceparent), "a trace is none");
    require(request.body.size() <= api::kPassedOnBodyBytesMax, "a body is beyond its limit");
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const http::Headers::Field field = request.headers[i];
        require(std::ranges::find(kFields, field.name) != kFields.end(), "a field that is not passed on");
        require(
            std::ranges::none_of(field.value, [](char c) { return http::is_control(c) && c != '\t'; }),
            "a field holds a control character"
        );
    }
}

std::string bundle_of(const Requests& requests) {
    std::vector<std::string> items(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) api::append_item(items[i], *requests[i]);
    return api::write_bundle(items);
}

/// Requests that may be passed on arrive as they were sent.
void check_passing_on(const Requests& requests) {
    const std::string bundle = bundle_of(requests);
    const auto again = api::read_bundle(bundle);
    require(again.has_value(), "what was written cannot be read");
    require(again->size() == requests.size(), "another number of requests");
    for (std::size_t i = 0; i < requests.size(); ++i) check_same_request(*requests[i], *(*again)[i]);
    require(bundle_of(*again) == bundle, "written again it is another bundle");
}

void check_bundle(std::string_view bytes) {
    auto requests = api::read_bundle(bytes);
    if (!requests) return;
    require(requests->size() <= api::kPeerBundleItemsMax, "too many requests");
    require(!api::read_bundle(bytes.substr(0, bytes.size() - 1)), "half a bundle is read");
    require(!api::read_bundle(std::string(bytes) + 'x'), "a bundle with something behind it is read");
    for (const auto& request : *requests) check_request(*request);
    std::erase_if(*requests, [](const auto& request) { return !api::can_be_passed_on(*request); });
    check_passing_on(*requests);
}

std::vector<std::string_view> divided_at_zeros(std::string_view bytes) {
    std::vector<std::string_view> parts;
    for (bool more = true; more;) {
        more = bytes.find('\0') != std::string_view::npos;
        parts.push_back(http::next_piece(bytes, '\0'));
    }
    return parts;
}

/// The bytes as a client's request, in parts divided at zeros: the target, the trace, fields, the body. What
/// the server accepts of it and may pass on must not be lost on its way.
void check_clients_request(std::string_view bytes) {
    const std::vector<std::string_view> parts = divided_at_zeros(bytes);
    const auto request = std::make_shared<http::Request>();
    if (parts.size() < 3 || !http::read_target(parts[0], *request)) return;
    request->method = static_cast<http::Method>(parts.size() % http::kMethodCount);
    if (http::is_traceparent(parts[1])) request->traceparent = parts[1];
    for (std::size_t i = 2; i + 1 < std::min(parts.size(), http::Limits{}.header_fields_max); ++i) {
        if (std::ranges::any_of(parts[i], http::is_control)) return;
        request->headers.add(kFields[i % kFields.size()], parts[i]);
    }
    request->body = parts.back();
    request->command_id = request->request_id = Uuid{}.to_string();
    request->remote_address = "2001:db8::7";
    if (api::can_be_passed_on(*request)) check_passing_on({request});
}

void check_response(const http::Response& response) {
    require(response.status >= 200 && response.status < 600, "a status that ends no request");
    for (std::size_t i = 0; i < response.headers.size(); ++i) {
        require(http::is_token(response.headers[i].name), "a field's name is none");
        require(
            std::ranges::none_of(
                response.headers[i].value, [](char c) { return http::is_control(c) && c != '\t'; }
            ),
            "a field holds a control character"
        );
    }
}

void check_written_answers(const std::vector<http::Response>& answers) {
    const std::string text = api::write_answers(answers);
    const auto again = api::read_answers(text, answers.size());
    require(again.has_value(), "what was written cannot be read");
    for (std::size_t i = 0; i < answers.size(); ++i) {
        require(answers[i].status == (*again)[i].status, "another status");
        require(answers[i].content_type == (*again)[i].content_type, "another type");
        require(answers[i].compressible == (*again)[i].compressible, "a secret may be compressed");
        require(answers[i].body == (*again)[i].body, "another body");
        check_same_headers(answers[i].headers, (*again)[i].headers);
    }
    require(api::write_answers(*again) == text, "written again they are other answers");
}

void check_answers(std::string_view bytes) {
    std::size_t accepted = 0;
    for (std::size_t count = 0; count <= kAnswersMax; ++count) {
        const auto answers = api::read_answers(bytes, count);
        if (!answers) continue;
        ++accepted;
        require(answers->size() == count, "another number of answers");
        require(!api::read_bundle(bytes), "answers are read as requests");
        for (const http::Response& response : *answers) check_response(response);
        check_written_answers(*answers);
    }
    require(accepted <= 1, "the same answers with two counts");
}

}  // namespace

void run_bundle(std::string_view bytes) {
    check_bundle(bytes);
    check_clients_request(bytes);
    check_answers(bytes);
}

}  // namespace annals::test::fuzz
