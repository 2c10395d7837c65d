#pragma once

#include "domain/kernel/ids.hpp"

#include <string_view>

namespace annals {

/// The id of a stream that follows from a name, so that it is found without a query and exists once: a UUIDv8
/// (RFC 9562, section 5.8) whose bits are two FNV-1a hashes (64 bit, the second from another basis) over the
/// bytes. Part of the stored format: it can never change.
Uuid name_uuid(std::string_view bytes);

}  // namespace annals
