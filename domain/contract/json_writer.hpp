#pragma once

#include "domain/contract/type_info.hpp"
#include "domain/kernel/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace annals::contract {

/// Encrypts one personal value on its way into an event line. `field` is the name it has there; the
/// implementation binds it, the stream and the event type to the ciphertext, so that a value cannot be moved
/// to another place.
class FieldSealer {
public:
    virtual ~FieldSealer() = default;
    /// `plain` is the value's JSON text; answers base64url text.
    virtual std::string seal(const Uuid& subject, std::string_view field, std::string_view plain) = 0;
};

/// Appends `value` as JSON in the order of its declaration, without white space. Absent optionals and patches
/// are left out. With a sealer, personal values are written as {"subject": id, "sealed": text}; without one
/// as
/// {"subject": id, "value": plain}, which is only for people who may see them (replay, tests).
void write_json(const TypeInfo& type, const void* value, std::string& out, FieldSealer* sealer = nullptr);

/// Appends a JSON string with its quotes. Escapes what RFC 8259 demands and nothing else.
void append_json_string(std::string& out, std::string_view text);

/// Appends a decimal number.
void append_number(std::string& out, std::int64_t number);

}  // namespace annals::contract
