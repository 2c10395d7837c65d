#include "api/http/trace_context.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>

namespace annals::http {

namespace {

constexpr std::size_t kVersion00Characters = 55;
/// No version that is to come may fill the log: each event keeps the trace of its command.
constexpr std::size_t kCharactersMax = 256;

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

bool is_traceparent(std::string_view text) {
    if (text.size() < kVersion00Characters || text.size() > kCharactersMax) return false;
    const std::string_view version = text.substr(0, 2);
    const std::string_view trace_id = text.substr(3, 32);
    const std::string_view parent_id = text.substr(36, 16);
    const std::string_view flags = text.substr(53, 2);
    if (text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    for (const std::string_view part : {version, trace_id, parent_id, flags}) {
        if (!is_lower_hex(part)) return false;
    }
    if (version == "ff" || is_zero(trace_id) || is_zero(parent_id)) return false;
    if (text.size() == kVersion00Characters) return true;
    return version != "00" && text[kVersion00Characters] == '-' &&
           is_token(text.substr(kVersion00Characters));
}

}  // namespace annals::http
