#pragma once

#include "domain/contract/type_info.hpp"

#include <string>

namespace annals::test {

/// How much a sample says: every field with the most telling value, or only what must be there with the
/// least.
enum class Sample { full, minimal };

/// A document of this type, made from nothing but its table: what the first golden file of an event type
/// contains. Personal values are full or, in a minimal sample, lost with their key.
std::string sample_json(const contract::TypeInfo& type, Sample sample);

/// The type's shape in words, one field a line: everything that decides which documents it reads and writes.
std::string shape_text(const contract::TypeInfo& type);

}  // namespace annals::test
