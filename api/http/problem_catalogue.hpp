#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace annals::http {

/// One kind of refusal: what its code means and what a client does about it. The table is the only place that
/// knows; the problem bodies, the documentation pages and the OpenAPI responses are made from it.
struct ProblemInfo {
    std::string_view code;
    int status;
    std::string_view title;        ///< Constant per code (RFC 9457 section 3.1.3).
    std::string_view explanation;  ///< When it happens.
    std::string_view remedy;       ///< What to do about it.
};

/// All codes, sorted by code.
std::span<const ProblemInfo> problem_catalogue();

/// The entry of a code, or nullptr.
const ProblemInfo* find_problem(std::string_view code);

/// "VERSION_CONFLICT" ↔ "version-conflict", the last part of a problem's type.
std::string problem_slug(std::string_view code);
const ProblemInfo* find_problem_by_slug(std::string_view slug);

}  // namespace annals::http
