#pragma once

#include "api/http/negotiation.hpp"
#include "api/kernel/command_input.hpp"
#include "domain/contract/json_reader.hpp"

#include <memory>
#include <optional>

namespace annals::api {

/// Reads a JSON body into a described struct. What cannot be accepted is answered here, and nothing is
/// returned.
template <class Form>
std::optional<Form> read_form(const contract::TypeInfo& type, Exchange& exchange) {
    if (auto problem = http::require_json_body(*exchange.request)) {
        exchange.fail(*problem);
        return std::nullopt;
    }
    Form form;
    auto faults = contract::read_json(type, exchange.request->body, &form);
    if (faults.empty()) return form;
    exchange.fail(faults_problem(std::move(faults)));
    return std::nullopt;
}

/// A rejection as a problem that says when to try again.
http::Problem rejection_problem(const Rejection& rejection, bool if_match_used = false);

}  // namespace annals::api
