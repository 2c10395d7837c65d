#pragma once

#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "domain/kernel/rejection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::http {

/// An error answer as RFC 9457 describes it. `type` is made from the code and leads to a page of the
/// documentation.
struct Problem {
    int status = 500;
    std::string code;
    std::string title;
    std::string detail;
    std::vector<FieldFault> errors{
    };  ///< A pointer of the form "?name" stands for the query parameter `name`.
    std::vector<std::pair<std::string, std::string>> extensions{
    };  ///< Member name and its value as JSON text.
    std::optional<std::uint32_t> retry_after_s{};
    std::string allow{};  ///< For 405: the Allow header.

    Problem& with(std::string_view member, std::uint64_t value);
    Problem& with(std::string_view member, std::string_view text);
    Problem& retry_after(std::uint32_t seconds);
};

/// The problem of a code, its status and title taken from the catalogue. A code that is not in the catalogue
/// becomes a 409 of that code: a refusal stays a refusal, even when its documentation was forgotten.
Problem make_problem(std::string_view code, std::string detail);

/// A query parameter's fault: 400 BAD_REQUEST with one entry in `errors`.
Problem bad_parameter(std::string_view name, std::string detail);

/// What a decider or an authoriser refused. A VERSION_CONFLICT is 412 instead of
/// 409 when the expected version came from the If-Match header.
Problem to_problem(const Rejection& rejection, bool if_match_used = false);

/// The answer; `instance` becomes "urn:uuid:" and the request id, which the log lines of the request carry
/// too. Adds WWW-Authenticate (401), Allow (405) and Retry-After.
Response problem_response(std::string_view request_id, const Problem& problem);
Response problem_response(const Request& request, const Problem& problem);

/// GET /docs/problems/{code}: the page of a slug such as "version-conflict", or nothing when there is no such
/// code.
std::optional<Response> problem_page(std::string_view slug);
/// GET /docs/problems: all codes.
Response problem_index_page();

}  // namespace annals::http
