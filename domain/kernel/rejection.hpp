#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

/// One fault in what a client sent: a JSON pointer (RFC 6901), a stable code and a sentence for people.
struct FieldFault {
    std::string pointer;
    std::string code;
    std::string detail;

    friend bool operator==(const FieldFault&, const FieldFault&) = default;
};

/// A decision against a command. `code` is one of the catalogue's stable codes ("WIP_LIMIT", "INVALID_STATE",
/// ...), which api/http maps to a status; the rest explains it. A rejection changes nothing.
struct Rejection {
    std::string code;
    std::string detail;
    std::vector<FieldFault> faults{};
    std::optional<std::uint64_t> current_version{};

    friend bool operator==(const Rejection&, const Rejection&) = default;
};

inline Rejection reject(std::string_view code, std::string detail) {
    return Rejection{std::string(code), std::move(detail)};
}

/// VALIDATION_FAILED for one field.
inline Rejection reject_field(std::string pointer, std::string_view code, std::string detail) {
    Rejection rejection = reject("VALIDATION_FAILED", detail);
    rejection.faults.push_back({std::move(pointer), std::string(code), std::move(detail)});
    return rejection;
}

}  // namespace annals
