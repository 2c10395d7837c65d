#pragma once

#include <string>

namespace annals {

/// A JSON value kept as its text, for places that carry what they do not interpret (before/after of a
/// change).
struct RawJson : std::string {
    using std::string::string;
    RawJson() = default;
    explicit RawJson(std::string text) : std::string(std::move(text)) {}
};

}  // namespace annals
