#pragma once

#include "domain/kernel/text.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace annals::contract {

/// The shapes a wire value can have.
enum class Kind : std::uint8_t {
    boolean,
    integer,      ///< 64-bit signed
    text,         ///< a JSON string read and written by the type's own functions
    enumeration,  ///< a JSON string out of a fixed list
    object,
    list,
    optional,  ///< absent or null stands for nothing; nothing is not written
    patch,     ///< absent, null and a value are three things
    sealed,    ///< personal data, see domain/kernel/sealed.hpp
    any        ///< any JSON value, kept as its text
};

struct TypeInfo;

/// One field of an object. `doc` says what the field means, in words for the reader of the API documents.
struct FieldInfo {
    std::string_view name;
    const TypeInfo* type;
    void* (*at)(void* object);
    std::string_view doc;

    [[nodiscard]] const void* at_const(const void* object) const { return at(const_cast<void*>(object)); }
};

/// How the elements behind a list, an optional, a patch or a seal are reached without knowing their C++ type.
struct ContainerOps {
    std::size_t (*size)(const void* container);              ///< list: elements; others: 0 or 1
    const void* (*get)(const void* container, std::size_t);  ///< element of a list, or the value
    void* (*add)(void* container);                           ///< a new element, or the value made present
    void (*set_null)(void* container);                       ///< patch: present and null; others: nothing
    bool (*present)(const void* container);                  ///< patch: was in the document at all
    void* (*subject)(void* container);                       ///< sealed: the Uuid of its subject
};

/// Everything readers, writers, validators and documents need to know of a C++ type, as constant data. Made
/// once for each type by domain/contract/describe.hpp; the interpreters over it are compiled once, whatever
/// the number of types.
struct TypeInfo {
    Kind kind{Kind::any};
    std::string_view name;  ///< of an object or enumeration: its name in the documents

    // Kind::integer
    std::int64_t min{INT64_MIN};
    std::int64_t max{INT64_MAX};
    std::int64_t (*get_integer)(const void*){nullptr};
    void (*set_integer)(void*, std::int64_t){nullptr};

    // Kind::boolean
    bool (*get_boolean)(const void*){nullptr};
    void (*set_boolean)(void*, bool){nullptr};

    // Kind::text and Kind::enumeration. `read` answers an empty view or the code of the fault ("too_long",
    // ...).
    TextRules rules{};
    std::string_view (*read)(void*, std::string_view){nullptr};
    void (*write)(const void*, std::string&){nullptr};
    std::span<const std::string_view> enumerators{};
    bool plain_ascii{false};  ///< what `write` appends never needs JSON escapes (ids, instants, ranks)

    // Kind::object
    std::span<const FieldInfo> fields{};
    std::string_view doc{};

    // Kind::list, optional, patch, sealed
    const TypeInfo* element{nullptr};
    const ContainerOps* container{nullptr};
    std::size_t items_min{0};  ///< list only
    std::size_t items_max{0};  ///< list only; 0 = as many as a document may hold

    /// True when a document may leave the field out.
    [[nodiscard]] bool omittable() const { return kind == Kind::optional || kind == Kind::patch; }
};

}  // namespace annals::contract
