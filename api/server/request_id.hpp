#pragma once

#include <string>

namespace annals::server {

/// A new UUIDv7 text (RFC 9562 section 5.7): milliseconds, then 74 random bits. Not a secret. From any
/// thread.
std::string make_request_id();

}  // namespace annals::server
