#include "api/http/problem.hpp"

#include "api/http/problem_catalogue.hpp"
#include "domain/contract/json_writer.hpp"

namespace annals::http {

namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out.push_back(',');
    contract::append_json_string(out, name);
    out.push_back(':');
    contract::append_json_string(out, text);
}

void append_fault(std::string& out, const FieldFault& fault) {
    const bool parameter = fault.pointer.starts_with('?');
    out.append(parameter ? R"({"parameter":)" : R"({"pointer":)");
    contract::append_json_string(out, parameter ? std::string_view(fault.pointer).substr(1) : fault.pointer);
    append_member(out, "code", fault.code);
    append_member(out, "detail", fault.detail);
    out.push_back('}');
}

std::string problem_body(std::string_view request_id, const Problem& problem) {
    std::string body = R"({"type":)";
    contract::append_json_string(body, "/docs/problems/" + problem_slug(problem.code));
    append_member(body, "title", problem.title);
    body.append(R"(,"status":)").append(std::to_string(problem.status));
    append_member(body, "code", problem.code);
    if (!problem.detail.empty()) append_member(body, "detail", problem.detail);
    if (!request_id.empty()) append_member(body, "instance", "urn:uuid:" + std::string(request_id));
    if (!problem.errors.empty()) {
        body.append(R"(,"errors":[)");
        for (std::size_t i = 0; i < problem.errors.size(); ++i) {
            if (i > 0) body.push_back(',');
            append_fault(body, problem.errors[i]);
        }
        body.push_back(']');
    }
    for (const auto& [member, json] : problem.extensions) {
        body.push_back(',');
        contract::append_json_string(body, member);
        body.append(":").append(json);
    }
    body.push_back('}');
    return body;
}

}  // namespace

Problem& Problem::with(std::string_view member, std::uint64_t value) {
    extensions.emplace_back(member, std::to_string(value));
    return *this;
}

Problem& Problem::with(std::string_view member, std::string_view text) {
    std::string json;
    contract::append_json_string(json, text);
    extensions.emplace_back(member, std::move(json));
    return *this;
}

Problem& Problem::retry_after(std::uint32_t seconds) {
    retry_after_s = seconds;
    return *this;
}

Problem make_problem(std::string_view code, std::string detail) {
    Problem problem;
    const ProblemInfo* info = find_problem(code);
    problem.status = info ? info->status : 409;
    problem.code = code;
    problem.title = info ? info->title : "Refused";
    problem.detail = std::move(detail);
    return problem;
}

Problem bad_parameter(std::string_view name, std::string detail) {
    Problem problem = make_problem("BAD_REQUEST", "A query parameter is not valid.");
    problem.errors.push_back({"?" + std::string(name), "invalid_parameter", std::move(detail)});
    return problem;
}

Problem to_problem(const Rejection& rejection, bool if_match_used) {
    Problem problem = make_problem(rejection.code, rejection.detail);
    if (if_match_used && rejection.code == "VERSION_CONFLICT") problem.status = 412;
    problem.errors = rejection.faults;
    if (rejection.current_version) problem.with("current_version", *rejection.current_version);
    return problem;
}

Response problem_response(std::string_view request_id, const Problem& problem) {
    Response response;
    response.status = problem.status;
    response.content_type = kProblemJson;
    response.body = problem_body(request_id, problem);
    if (problem.status == 401) response.headers.add("WWW-Authenticate", "Bearer");
    if (!problem.allow.empty()) response.headers.add("Allow", problem.allow);
    if (problem.retry_after_s) response.headers.add("Retry-After", std::to_string(*problem.retry_after_s));
    return response;
}

Response problem_response(const Request& request, const Problem& problem) {
    return problem_response(request.request_id, problem);
}

}  // namespace annals::http
