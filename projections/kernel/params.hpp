#pragma once

#include "domain/contract/describe.hpp"
#include "projections/kernel/query_reader.hpp"

#include <optional>
#include <string>

namespace annals {

/// A filter's value (an id, an enumerator, a day, a text) as a parameter; null when the filter is not used.
/// For the .cpp files of read models.
template <class T>
QueryParam param_of(const std::optional<T>& value) {
    if (!value) return std::nullopt;
    std::string text;
    contract::type_info<T>()->write(&*value, text);
    return text;
}
inline QueryParam param_of(const std::optional<bool>& value) {
    if (!value) return std::nullopt;
    return *value ? "t" : "f";
}

}  // namespace annals
