#include "infra/postgres/params.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/postgres/wire.hpp"

#include <cstring>
#include <limits>
#include <utility>

namespace annals::pg {

namespace {

// dimensions, has-null flag, element OID, then of the one dimension: length and lower bound.
constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kEmptyHeaderBytes = 12;
constexpr std::uint32_t kNullLength = 0xffffffffU;

template <class T>
std::string big_endian_string(T value) {
    std::string out;
    append_big_endian(out, value);
    return out;
}

}  // namespace

ArrayParam::ArrayParam(ElementType type, std::size_t expected) : type_(type) {
    const bool small = type != ElementType::text && type != ElementType::bytea;
    bytes_.reserve(kHeaderBytes + expected * (small ? 20 : 48));
    bytes_.assign(kHeaderBytes, '\0');
}

void ArrayParam::put_bytes(const void* data, std::size_t size) {
    ANNALS_ASSERT(size <= std::numeric_limits<std::int32_t>::max(), "an array element is smaller than 2 GiB");
    append_big_endian(bytes_, static_cast<std::uint32_t>(size));
    bytes_.append(static_cast<const char*>(data), size);
    ++count_;
}

void ArrayParam::add(std::int64_t integer) {
    std::string out;
    switch (type_) {
        case ElementType::int2:
            ANNALS_ASSERT(std::in_range<std::int16_t>(integer), "the value fits int2");
            append_big_endian(out, static_cast<std::int16_t>(integer));
            break;
        case ElementType::int4:
            ANNALS_ASSERT(std::in_range<std::int32_t>(integer), "the value fits int4");
            append_big_endian(out, static_cast<std::int32_t>(integer));
            break;
        default:
            ANNALS_ASSERT(type_ == ElementType::int8, "integers go into integer arrays");
            append_big_endian(out, integer);
    }
    put_bytes(out.data(), out.size());
}

void ArrayParam::add(const Uuid& id) {
    ANNALS_ASSERT(type_ == ElementType::uuid, "ids go into uuid arrays");
    put_bytes(id.bytes.data(), id.bytes.size());
}

void ArrayParam::add(Instant instant) {
    ANNALS_ASSERT(type_ == ElementType::timestamptz, "instants go into timestamptz arrays");
    const std::string out = big_endian_string(instant.micros - kPostgresEpochMicros);
    put_bytes(out.data(), out.size());
}

void ArrayParam::add(std::string_view bytes) {
    ANNALS_ASSERT(
        type_ == ElementType::text || type_ == ElementType::bytea, "bytes go into text or bytea arrays"
    );
    put_bytes(bytes.data(), bytes.size());
}

void ArrayParam::add(std::span<const std::uint8_t> bytes) {
    ANNALS_ASSERT(type_ == ElementType::bytea, "bytes go into bytea arrays");
    put_bytes(bytes.data(), bytes.size());
}

void ArrayParam::add_null() {
    append_big_endian(bytes_, kNullLength);
    has_null_ = true;
    ++count_;
}

std::string ArrayParam::take() {
    std::string header;
    append_big_endian(header, std::int32_t{count_ == 0 ? 0 : 1});
    append_big_endian(header, std::int32_t{has_null_ ? 1 : 0});
    append_big_endian(header, static_cast<std::uint32_t>(type_));
    if (count_ == 0) {
        ANNALS_ASSERT(header.size() == kEmptyHeaderBytes, "an empty array has no dimension");
        return header;
    }
    append_big_endian(header, static_cast<std::int32_t>(count_));
    append_big_endian(header, std::int32_t{1});
    std::memcpy(bytes_.data(), header.data(), kHeaderBytes);
    std::string taken = std::exchange(bytes_, std::string(kHeaderBytes, '\0'));
    count_ = 0;
    has_null_ = false;
    return taken;
}

Params& Params::add(std::string bytes) {
    values_.push_back({.bytes = std::move(bytes)});
    return *this;
}

Params& Params::text(std::string_view value) {
    values_.push_back({.bytes = std::string(value), .binary = false});
    return *this;
}

Params& Params::null() {
    values_.push_back({.bytes = {}, .is_null = true});
    return *this;
}

Params& Params::boolean(bool value) {
    return add(std::string(1, value ? '\1' : '\0'));
}
Params& Params::int2(std::int16_t value) {
    return add(big_endian_string(value));
}
Params& Params::int4(std::int32_t value) {
    return add(big_endian_string(value));
}
Params& Params::int8(std::int64_t value) {
    return add(big_endian_string(value));
}
Params& Params::timestamptz(Instant instant) {
    return int8(instant.micros - kPostgresEpochMicros);
}
Params& Params::bytea(std::string_view bytes) {
    return add(std::string(bytes));
}
Params& Params::array(ArrayParam values) {
    return add(values.take());
}

Params& Params::uuid(const Uuid& id) {
    std::string bytes(id.bytes.size(), '\0');
    std::memcpy(bytes.data(), id.bytes.data(), id.bytes.size());
    return add(std::move(bytes));
}

}  // namespace annals::pg
