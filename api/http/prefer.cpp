#include "api/http/prefer.hpp"

#include "api/http/ascii.hpp"
#include "api/http/limits.hpp"

#include <algorithm>
#include <charconv>

namespace annals::http {

namespace {

std::optional<std::uint32_t> read_seconds(std::string_view text) {
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (end != text.data() + text.size() || text.empty()) return std::nullopt;
    if (error == std::errc::result_out_of_range) return kPreferWaitSecondsMax;
    if (error != std::errc{}) return std::nullopt;
    return std::min(seconds, kPreferWaitSecondsMax);
}

void read_preference(std::string_view item, Prefer& prefer) {
    std::string_view value = next_unquoted_piece(item, ';');
    const std::string_view name = trim(next_piece(value, '='));
    value = trim(value);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
        value = value.substr(1, value.size() - 2);
    // The first of several with one name counts (RFC 7240 section 2).
    if (equals_ignoring_case(name, "wait") && !prefer.wait_s) prefer.wait_s = read_seconds(value);
    if (equals_ignoring_case(name, "return") && !prefer.return_minimal && !prefer.return_representation) {
        prefer.return_minimal = value == "minimal";
        prefer.return_representation = value == "representation";
    }
}

}  // namespace

std::string Prefer::applied() const {
    std::string text;
    if (wait_s) text.append("wait=").append(std::to_string(*wait_s));
    if (!return_minimal && !return_representation) return text;
    if (!text.empty()) text.append(", ");
    text.append(return_minimal ? "return=minimal" : "return=representation");
    return text;
}

Prefer read_prefer(const Request& request) {
    Prefer prefer;
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const Headers::Field field = request.headers[i];
        if (!equals_ignoring_case(field.name, "Prefer")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) read_preference(next_unquoted_piece(rest, ','), prefer);
    }
    return prefer;
}

}  // namespace annals::http
