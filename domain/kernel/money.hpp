#pragma once

#include "domain/kernel/text.hpp"

#include <compare>
#include <cstdint>

namespace annals {

/// ISO 4217: three upper-case letters.
class Currency : public ShapedText<Currency> {
public:
    static constexpr TextRules kRules{3, 3, false, "^[A-Z]{3}$", {}};
    static bool shaped(std::string_view text) {
        for (const char c : text) {
            if (c < 'A' || c > 'Z') return false;
        }
        return true;
    }
};

/// An amount in the minor units of its currency (cents), never a floating point number.
struct Money {
    std::int64_t minor_units{0};
    Currency currency;

    friend bool operator==(const Money&, const Money&) = default;
};

}  // namespace annals
