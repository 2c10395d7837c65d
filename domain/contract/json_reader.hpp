#pragma once

#include "domain/contract/type_info.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/rejection.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annals::contract {

inline constexpr std::size_t kJsonDepthMax = 32;
inline constexpr std::size_t kFaultsMax = 50;  ///< a body with more faults than this is told the first ones

/// Decrypts one personal value out of an event line; nothing when the subject's key was destroyed.
class FieldOpener {
public:
    virtual ~FieldOpener() = default;
    virtual std::optional<std::string> open(
        const Uuid& subject, std::string_view field, std::string_view sealed
    ) = 0;
};

/// What clients send is read strictly. What was stored is read as it is: a field that a newer binary added is
/// passed over, and limits that became narrower since do not matter.
enum class ReadMode : std::uint8_t { strict, stored };

/// A parsed JSON document. It keeps the parser's memory for the next document, so keep one for each thread
/// and reuse it; not thread-safe. Documents are limited to kJsonDepthMax levels; duplicate keys, invalid
/// UTF-8, trailing text and numbers beyond 64 bits are faults.
class JsonDocument {
public:
    JsonDocument();
    ~JsonDocument();
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    /// Nothing, or the one fault of a document that is no JSON: codes malformed_json, too_deep, invalid_utf8,
    /// empty.
    std::optional<FieldFault> parse(std::string_view text);

    /// The member of the outermost object as text; nothing when absent or not a string. Valid until the next
    /// parse.
    [[nodiscard]] std::optional<std::string_view> text(std::string_view member) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view member) const;

    /// Finds members of the outermost object in one pass over it, which is quick when they come in the order
    /// of `names`; other members are passed over. The answer is the index of a name that stands there twice,
    /// or nothing. What was found is then had by the index of its name, until the next parse.
    [[nodiscard]] std::optional<std::size_t> find(std::span<const std::string_view> names);
    [[nodiscard]] std::optional<std::string_view> text(std::size_t name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::size_t name) const;

    /// Reads the whole document, or one member of the outermost object, into `value`, which is a default-made
    /// object of the type. Codes: unknown_field, duplicate_field, missing, wrong_type, out_of_range,
    /// too_many, too_few, and the text faults. An empty answer means that every field was read.
    std::vector<FieldFault> read(
        const TypeInfo& type, void* value, ReadMode mode, FieldOpener* opener = nullptr
    ) const;
    std::vector<FieldFault> read_member(
        std::string_view member, const TypeInfo& type, void* value, ReadMode mode,
        FieldOpener* opener = nullptr
    ) const;
    std::vector<FieldFault> read_member(
        std::size_t name, const TypeInfo& type, void* value, ReadMode mode, FieldOpener* opener = nullptr
    ) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Reads one document strictly; for callers that need no parser of their own.
std::vector<FieldFault> read_json(const TypeInfo& type, std::string_view text, void* value);

}  // namespace annals::contract
