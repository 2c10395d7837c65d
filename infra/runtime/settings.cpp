#include "infra/runtime/settings.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace annals::runtime {
namespace {

/// Levenshtein's distance by one row of the usual table.
std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string flag_name(const SettingInfo& setting) {
    std::string name = "--" + std::string{setting.name};
    std::ranges::replace(name, '_', '-');
    return name;
}

std::string environment_name(const SettingInfo& setting) {
    std::string name = "ANNALS_";
    for (const char c : setting.name) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

std::string_view nearest_setting(std::string_view mistyped) {
    std::string_view nearest;
    // More than a third wrong is no slip of the finger.
    std::size_t nearest_distance = std::max<std::size_t>(2, mistyped.size() / 3) + 1;
    for (const auto& setting : kSettings) {
        const auto distance = edit_distance(mistyped, setting.name);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = setting.name;
        }
    }
    return nearest;
}

}  // namespace annals::runtime
