#pragma once

#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct pg_result;

namespace annals::pg {

/// The answer to one statement. Views into it live as long as it does. Asking for a row or column that is not
/// there is a programmer's error.
class Rows {
public:
    Rows() = default;
    explicit Rows(pg_result* taken) : result_(taken) {}

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] std::size_t columns() const;
    /// Rows an INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::uint64_t changed() const;

    /// The value in the form that was asked for; nothing for NULL.
    [[nodiscard]] std::optional<std::string_view> at(std::size_t row, std::size_t column) const;

    // Of results in binary form; NULL is a programmer's error.
    [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;  ///< int2, int4, int8
    [[nodiscard]] std::uint64_t count(std::size_t row, std::size_t column)
        const;  ///< an integer that is >= 0
    [[nodiscard]] bool boolean(std::size_t row, std::size_t column) const;
    [[nodiscard]] Uuid uuid(std::size_t row, std::size_t column) const;
    [[nodiscard]] Instant instant(std::size_t row, std::size_t column) const;
    [[nodiscard]] std::string_view bytes(std::size_t row, std::size_t column) const;  ///< text and bytea

private:
    struct Free {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Free> result_;
};

}  // namespace annals::pg
