#include "api/http/idempotency_key.hpp"

#include "api/http/ascii.hpp"
#include "api/http/limits.hpp"

#include <algorithm>

namespace annals::http {

namespace {

/// The content of an sf-string (RFC 8941 section 3.3.3), or nothing when its escapes or quotes are broken.
std::optional<std::string> unquote(std::string_view text) {
    if (text.size() < 2 || !text.ends_with('"')) return std::nullopt;
    text = text.substr(1, text.size() - 2);
    std::string content;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') return std::nullopt;
        if (text[i] == '\\') {
            ++i;
            if (i == text.size() || (text[i] != '"' && text[i] != '\\')) return std::nullopt;
        }
        content.push_back(text[i]);
    }
    return content;
}

}  // namespace

std::expected<std::optional<std::string>, Problem> read_idempotency_key(const Request& request) {
    const std::optional<std::string_view> value = request.headers.find("Idempotency-Key");
    if (!value) return std::nullopt;
    const std::string_view text = trim(*value);
    std::optional<std::string> key = text.starts_with('"') ? unquote(text) : std::string(text);
    const bool valid = key && !key->empty() && key->size() <= kIdempotencyKeyCharactersMax &&
                       std::ranges::all_of(*key, is_visible);
    if (!valid || request.headers.count("Idempotency-Key") > 1) {
        return std::unexpected(make_problem(
            "BAD_REQUEST", "Idempotency-Key must be one text of 1 to 255 visible ASCII characters."
        ));
    }
    return key;
}

}  // namespace annals::http
