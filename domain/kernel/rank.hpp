#pragma once

#include "domain/kernel/text.hpp"

#include <cstdint>
#include <optional>

namespace annals {

/// The place of a card in its column as a base-62 text that sorts by its bytes ("fractional indexing": an
/// integer part whose first character tells its length, then a fraction). A card moved between two others
/// gets a text between theirs and no other card changes. Ties, which only two concurrent moves to one gap can
/// make, are broken by id.
class Rank : public ShapedText<Rank> {
public:
    static constexpr std::size_t kLengthMax = 64;
    static constexpr TextRules kRules{2, kLengthMax, false, "^[a-h][0-9A-Za-z]{1,63}$", {}};
    static bool shaped(std::string_view text);

    /// The n-th rank of a column that is only ever appended to: nth(1) < nth(2) < ... for n below 62^7.
    static Rank nth(std::uint64_t n);
    /// A rank between two; nothing on a side means the beginning or the end; there is room for 62^4
    /// cards in front of nth(1). Nothing when `before >= after` or when
    /// the gap is so used up that the text would pass kLengthMax: then the column needs to be re-ranked.
    static std::optional<Rank> between(const std::optional<Rank>& before, const std::optional<Rank>& after);
};

}  // namespace annals
