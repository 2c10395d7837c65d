#pragma once

#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annals::pg {

/// Element types of array parameters, by their fixed OIDs (pg_type.dat). PostgreSQL refuses an array whose
/// element OID is not the one its statement declares, so write the cast in the SQL: `$1::smallint[]` with
/// ElementType::int2.
enum class ElementType : std::uint32_t {
    bytea = 17,
    int8 = 20,
    int2 = 21,
    int4 = 23,
    text = 25,
    timestamptz = 1184,
    uuid = 2950
};

/// A one-dimensional array in PostgreSQL's binary form (array_send). Each add() must fit the element type.
class ArrayParam {
public:
    explicit ArrayParam(ElementType type, std::size_t expected = 0);

    void add(std::int64_t integer
    );                          ///< of int2, int4, int8; a value that does not fit is a programmer's error
    void add(const Uuid& id);   ///< of uuid
    void add(Instant instant);  ///< of timestamptz
    void add(std::string_view bytes);  ///< of text (UTF-8 without NUL) and bytea
    void add(std::span<const std::uint8_t> bytes);
    void add_null();
    template <class Tag>
    void add(const Id<Tag>& id) {
        add(id.value);
    }
    template <class T>
    void add_optional(const std::optional<T>& value) {
        value ? add(*value) : add_null();
    }

    [[nodiscard]] std::size_t size() const { return count_; }
    /// The finished bytes; the array is empty afterwards.
    [[nodiscard]] std::string take();

private:
    void put_bytes(const void* data, std::size_t size);

    ElementType type_;
    std::size_t count_{0};
    bool has_null_{false};
    std::string bytes_;  ///< starts with room for the header
};

/// The parameters of one statement, in order.
class Params {
public:
    /// In text form: PostgreSQL reads it as the type its statement declares.
    Params& text(std::string_view value);
    Params& null();
    Params& boolean(bool value);
    Params& int2(std::int16_t value);
    Params& int4(std::int32_t value);
    Params& int8(std::int64_t value);
    Params& uuid(const Uuid& id);
    template <class Tag>
    Params& uuid(const Id<Tag>& id) {
        return uuid(id.value);
    }
    Params& timestamptz(Instant instant);
    Params& bytea(std::string_view bytes);
    Params& array(ArrayParam values);
    template <class T>
    Params& text(const std::optional<T>& value) {
        return value ? text(std::string_view(*value)) : null();
    }

    [[nodiscard]] std::size_t size() const { return values_.size(); }

private:
    friend class Connection;
    struct Value {
        std::string bytes;
        bool is_null{false};
        bool binary{true};
    };
    Params& add(std::string bytes);

    std::vector<Value> values_;
};

}  // namespace annals::pg
