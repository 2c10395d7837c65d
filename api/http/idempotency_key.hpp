#pragma once

#include "api/http/problem.hpp"

#include <expected>
#include <optional>
#include <string>

namespace annals::http {

/// The Idempotency-Key of a request, without its quotes; nothing when there is none. Accepted: an sf-string
/// ("8e03…" as draft-ietf-httpapi-idempotency-key-header has it) and the bare text that Stripe's clients
/// send; both mean the same key. 1 to kIdempotencyKeyCharactersMax visible ASCII characters, else 400.
std::expected<std::optional<std::string>, Problem> read_idempotency_key(const Request& request);

}  // namespace annals::http
