#pragma once

#include "domain/contract/type_info.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace annals::test {

/// A body with exactly one fault.
struct BadBody {
    std::string what;  ///< for messages
    std::string body;
    std::string pointer;  ///< that the answer must name; of the whole document: empty
};

/// Bodies that break each rule of the type's table in turn: every field missing, of the wrong type, too long,
/// too short, out of range, not one of the allowed, an unknown and a duplicate field at every level.
/// `given_by_path` names fields that the body must leave out.
std::vector<BadBody> bad_bodies(
    const contract::TypeInfo& type, const std::vector<std::string_view>& given_by_path
);

/// Texts that are not one JSON document.
const std::vector<std::string>& malformed_documents();

/// Values that a query parameter of this type must refuse.
std::vector<std::string> bad_values(const contract::TypeInfo& type);

}  // namespace annals::test
