#include "api/server/peer_answer_reader.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace annals::server {

namespace {

constexpr std::size_t kHeaderBytesMax = 16 * 1024;
constexpr std::size_t kLengthDigitsMax = 9;
constexpr std::string_view kVersion = "HTTP/1.1 ";

std::optional<std::size_t> number_of(std::string_view digits) {
    if (digits.empty() || digits.size() > kLengthDigitsMax || !std::ranges::all_of(digits, http::is_digit))
        return std::nullopt;
    std::size_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

/// The lines behind the status line; the length of the body, or nothing when they do not say it once.
std::optional<std::size_t> read_fields(std::string_view lines, PeerHttpAnswer& answer) {
    std::optional<std::size_t> length;
    while (!lines.empty()) {
        const std::size_t end = lines.find("\r\n");
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(lines.size(), end == std::string_view::npos ? end : end + 2));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = http::trim(line.substr(colon + 1));
        if (http::equals_ignoring_case(name, "Transfer-Encoding")) return std::nullopt;
        if (http::equals_ignoring_case(name, "Connection"))
            answer.closes = http::equals_ignoring_case(value, "close");
        if (!http::equals_ignoring_case(name, "Content-Length")) continue;
        if (length) return std::nullopt;
        length = number_of(value);
        if (!length) return std::nullopt;
    }
    return length;
}

}  // namespace

PeerAnswerStep take_peer_answer(InputBuffer& input, std::size_t body_bytes_max, PeerHttpAnswer& answer) {
    const std::string_view text = input.text();
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos)
        return text.size() > kHeaderBytesMax ? PeerAnswerStep::broken : PeerAnswerStep::more;
    if (end > kHeaderBytesMax || !text.starts_with(kVersion)) return PeerAnswerStep::broken;
    const std::size_t line_end = text.find("\r\n");
    const std::string_view status = text.substr(kVersion.size(), 3);
    const auto number = number_of(status);
    if (!number || *number < 200 || line_end < kVersion.size() + 3) return PeerAnswerStep::broken;
    answer = {};
    answer.status = static_cast<int>(*number);
    const std::size_t fields = std::min(line_end + 2, end);
    const auto length = read_fields(text.substr(fields, end - fields), answer);
    if (!length || *length > body_bytes_max) return PeerAnswerStep::broken;
    const std::size_t body = end + 4;
    if (text.size() - body < *length) return PeerAnswerStep::more;
    answer.body.assign(text.substr(body, *length));
    input.consume(body + *length);
    return PeerAnswerStep::done;
}

}  // namespace annals::server
