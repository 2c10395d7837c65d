#pragma once

#include "domain/kernel/ids.hpp"
#include "projections/kernel/query_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

inline constexpr std::size_t kPageItemsMin = 1;
inline constexpr std::size_t kPageItemsMax = 200;
inline constexpr std::size_t kPageItemsDefault = 50;

/// Where a page ended: the last row's sort key, as PostgreSQL writes it, and id. The API layer signs it into
/// a cursor.
struct PageKey {
    std::string key;
    Uuid id{};
    friend bool operator==(const PageKey&, const PageKey&) = default;
};

struct PageRequest {
    std::size_t limit{kPageItemsDefault};  ///< taken into kPageItemsMin..kPageItemsMax
    std::optional<PageKey> after{};
    [[nodiscard]] std::size_t bounded_limit() const;
};

template <class View>
struct Page {
    std::vector<View> items;
    std::optional<PageKey> next{};  ///< nothing on the last page
};

/// One order a list can have. `expression` is indexed together with the id.
struct SortOrder {
    std::string_view name;        ///< in the API: "due"
    std::string_view expression;  ///< "coalesce(due, 'infinity'::date)"
    std::string_view type;        ///< of the expression: "date"
};

/// The end of a list statement: `and` the keyset condition, the order and the limit. With `first_param` = 5
/// it uses $5 (limit), $6 (sort key) and $7 (id); the list must select `<expression>::text as sort_key` last
/// and have an `id`.
std::string keyset_tail(const SortOrder& order, bool descending, bool after, std::size_t first_param);
/// The three parameters of it. One row more than asked for tells whether there is a next page.
void add_page_params(const PageRequest& request, std::vector<QueryParam>& params);

/// Makes the page out of what such a list answered. A view of a list has an `id`.
template <class View>
Page<View> read_page(const QueryResult& result, const PageRequest& request) {
    Page<View> page{read_views<View>(result)};
    if (page.items.size() <= request.bounded_limit()) return page;
    page.items.resize(request.bounded_limit());
    const auto key = result.cell(page.items.size() - 1, result.columns() - 1);
    page.next = PageKey{std::string(key.value_or(std::string_view())), page.items.back().id.value};
    return page;
}

/// "%text%" with LIKE's own characters made plain.
std::string like_pattern(std::string_view text);

}  // namespace annals
