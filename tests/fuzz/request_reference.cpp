#include "tests/fuzz/request_reference.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace annals::test::fuzz {
namespace {

bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) != 0) ||
               kMarks.contains(c);
    });
}

bool is_visible(char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes a line and its CR LF; nothing when there is none, or when CR or LF stands alone before it.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const std::size_t end = rest.find_first_of("\r\n");
    if (end == std::string_view::npos || rest.substr(end, 2) != "\r\n") return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

bool read_request_line(std::string_view line, ReferenceRequest& request) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    return is_token(request.method) && !request.target.empty() &&
           std::ranges::all_of(request.target, is_visible) &&
           (version == "HTTP/1.1" || version == "HTTP/1.0");
}

bool read_field(std::string_view line, std::pair<std::string_view, std::string_view>& field) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
    field = {line.substr(0, colon), trimmed(line.substr(colon + 1))};
    return std::ranges::all_of(field.second, [](char c) { return is_visible(c) || c == ' ' || c == '\t'; });
}

std::vector<std::string_view> values_of(const ReferenceRequest& request, std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& [field, value] : request.fields) {
        const bool same = std::ranges::equal(field, name, [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
        });
        if (same) values.push_back(value);
    }
    return values;
}

template <int Base>
std::optional<std::size_t> number(std::string_view digits) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, Base);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

/// Trailers are dropped by the product, so it does not matter that it lets them be folded: what counts is
/// where they end.
bool read_trailers(std::string_view& rest) {
    bool folds = false;
    while (true) {
        const auto line = take_line(rest);
        if (!line) return false;
        if (line->empty()) return true;
        std::pair<std::string_view, std::string_view> trailer;
        const bool folded = folds && (line->front() == ' ' || line->front() == '\t');
        if (!folded && !read_field(*line, trailer)) return false;
        folds = true;
    }
}

bool read_chunks(std::string_view& rest, std::string& body) {
    while (true) {
        const auto line = take_line(rest);
        if (!line) return false;
        const auto size = number<16>(trimmed(line->substr(0, line->find(';'))));
        if (!size) return false;
        if (*size == 0) break;
        if (rest.size() < *size + 2 || rest.substr(*size, 2) != "\r\n") return false;
        body += rest.substr(0, *size);
        rest.remove_prefix(*size + 2);
    }
    return read_trailers(rest);
}

bool read_body(std::string_view& rest, ReferenceRequest& request) {
    const auto codings = values_of(request, "transfer-encoding");
    const auto lengths = values_of(request, "content-length");
    if (codings.size() + lengths.size() > 1) return false;
    if (!codings.empty()) {
        const std::string_view coding = codings.front();
        return coding.size() == 7 && (coding[0] | 0x20) == 'c' && read_chunks(rest, request.body);
    }
    if (lengths.empty()) return true;
    const auto length = number<10>(lengths.front());
    if (!length || rest.size() < *length) return false;
    request.body = rest.substr(0, *length);
    rest.remove_prefix(*length);
    return true;
}

}  // namespace

std::optional<ReferenceRequest> read_reference(std::string_view bytes) {
    ReferenceRequest request;
    std::string_view rest = bytes;
    const auto first = take_line(rest);
    if (!first || !read_request_line(*first, request)) return std::nullopt;
    while (true) {
        const auto line = take_line(rest);
        if (!line) return std::nullopt;
        if (line->empty()) break;
        std::pair<std::string_view, std::string_view> field;
        if (!read_field(*line, field)) return std::nullopt;
        request.fields.push_back(field);
    }
    if (!read_body(rest, request)) return std::nullopt;
    request.size = bytes.size() - rest.size();
    return request;
}

}  // namespace annals::test::fuzz
