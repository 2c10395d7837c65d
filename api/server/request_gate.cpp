#include "api/server/request_gate.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>
#include <array>

namespace annals::server {

namespace {

using http::equals_ignoring_case;

constexpr std::size_t kContentLengthDigitsMax = 18;

/// Fields of which a second one would make two readers see two requests, or two callers.
constexpr std::array<std::string_view, 12> kSingleFields{
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Content-Type",
    "Content-Encoding",
    "Authorization",
    "Idempotency-Key",
    "Expect",
    "Origin",
    "traceparent",
    "Upgrade",
    "If-Modified-Since",
};

constexpr Refusal bad(std::string_view detail) {
    return {"BAD_REQUEST", detail};
}

bool is_host(std::string_view host) {
    if (host.empty() || host.size() > 255) return false;
    std::string_view port;
    if (host.front() == '[') {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return false;
        const std::string_view address = host.substr(1, end - 1);
        port = host.substr(end + 1);
        if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
    } else {
        const std::size_t colon = host.find(':');
        const std::string_view name = host.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view() : host.substr(colon);
        const bool valid = std::ranges::all_of(name, [](char c) {
            return http::is_alpha(c) || http::is_digit(c) || c == '.' || c == '-' || c == '_';
        });
        if (name.empty() || !valid) return false;
    }
    if (port.empty()) return true;
    port.remove_prefix(1);
    return !port.empty() && port.size() <= 5 && std::ranges::all_of(port, http::is_digit);
}

std::optional<Refusal> check_host(const ParsedHeader& header, std::span<const std::string> allowed_hosts) {
    const std::optional<std::string_view> host = header.fields->find("Host");
    if (!host) {
        if (header.version == 10 && allowed_hosts.empty()) return std::nullopt;
        return bad("The Host header is missing.");
    }
    if (!is_host(*host)) return bad("The Host header is malformed.");
    if (allowed_hosts.empty()) return std::nullopt;
    const bool allowed = std::ranges::any_of(allowed_hosts, [&](const std::string& name) {
        return equals_ignoring_case(name, *host);
    });
    if (!allowed) return bad("The Host header names another server.");
    return std::nullopt;
}

std::optional<Refusal> check_framing(const ParsedHeader& header) {
    const std::optional<std::string_view> coding = header.fields->find("Transfer-Encoding");
    const std::optional<std::string_view> length = header.fields->find("Content-Length");
    if (coding && length) return bad("Transfer-Encoding and Content-Length cannot stand together.");
    if (coding && header.version != 11) return bad("Transfer-Encoding needs HTTP/1.1.");
    if (coding && !equals_ignoring_case(*coding, "chunked"))
        return bad("Transfer-Encoding must be exactly chunked.");
    if (length) {
        const bool digits = !length->empty() && std::ranges::all_of(*length, http::is_digit);
        if (!digits) return bad("Content-Length must be digits only.");
        if (length->size() > kContentLengthDigitsMax)
            return Refusal{"PAYLOAD_TOO_LARGE", "Content-Length is absurd."};
    }
    const bool has_body = coding || (length && length->find_first_not_of('0') != std::string_view::npos);
    const bool bodyless = header.method == "GET" || header.method == "HEAD" || header.method == "OPTIONS";
    if (has_body && bodyless) return bad("A body has no meaning with this method.");
    return std::nullopt;
}

std::optional<Refusal> check_options(const ParsedHeader& header) {
    const std::string_view expect = header.fields->get("Expect");
    if (header.fields->has("Expect") && !equals_ignoring_case(expect, "100-continue")) {
        return Refusal{"EXPECTATION_FAILED", "Only 100-continue can be expected."};
    }
    const std::string_view coding = header.fields->get("Content-Encoding");
    if (!coding.empty() && !equals_ignoring_case(coding, "identity")) {
        return Refusal{"UNSUPPORTED_MEDIA_TYPE", "Bodies with a content coding are not read."};
    }
    return std::nullopt;
}

}  // namespace

HeaderScanner::State HeaderScanner::refuse(std::string_view code, std::string_view detail) {
    refusal_ = {code, detail};
    return State::refused;
}

std::optional<Refusal> HeaderScanner::check_line(std::string_view line) const {
    if (line.empty()) {
        if (line_begin_ == 0) return bad("The request starts with an empty line.");
        return std::nullopt;
    }
    if (line_begin_ > 0 && (line.front() == ' ' || line.front() == '\t'))
        return bad("A header line is folded.");
    if (std::ranges::any_of(line, [](char c) { return http::is_control(c) && c != '\t'; })) {
        return bad("The header holds a control character.");
    }
    return std::nullopt;
}

std::optional<Refusal> HeaderScanner::check_sizes(std::size_t received) const {
    // The two bytes are the line's end, which need not have arrived.
    const std::size_t first = request_line_size_ == 0 ? received : request_line_size_;
    if (first > limits_.request_line_bytes_max + 2)
        return Refusal{"URI_TOO_LONG", "The request line is too long."};
    if (request_line_size_ > 0 && received - request_line_size_ > limits_.header_bytes_max + 2) {
        return Refusal{"HEADERS_TOO_LARGE", "The header is too large."};
    }
    if (fields_ > limits_.header_fields_max)
        return Refusal{"HEADERS_TOO_LARGE", "There are too many header fields."};
    return std::nullopt;
}

HeaderScanner::State HeaderScanner::scan(std::string_view text) {
    while (true) {
        const std::size_t end = text.find('\n', searched_);
        if (end == std::string_view::npos) break;
        searched_ = end + 1;
        if (end == line_begin_ || text[end - 1] != '\r')
            return refuse("BAD_REQUEST", "A line does not end with CR LF.");
        const std::string_view line = text.substr(line_begin_, end - 1 - line_begin_);
        if (const std::optional<Refusal> found = check_line(line)) return refuse(found->code, found->detail);
        if (request_line_size_ == 0) {
            request_line_size_ = searched_;
        } else if (!line.empty()) {
            ++fields_;
        }
        if (const std::optional<Refusal> found = check_sizes(searched_))
            return refuse(found->code, found->detail);
        line_begin_ = searched_;
        if (line.empty()) return State::complete;
    }
    searched_ = text.size();
    if (const std::optional<Refusal> found = check_sizes(text.size()))
        return refuse(found->code, found->detail);
    return State::incomplete;
}

Refusal explain_bad_version(std::string_view header) {
    const std::string_view line = header.substr(0, header.find('\r'));
    const std::string_view version = line.substr(line.rfind(' ') + 1);
    const bool well_formed = std::ranges::count(line, ' ') == 2 && version.size() == 8 &&
                             version.starts_with("HTTP/") && version[6] == '.' &&
                             http::is_digit(version[5]) && http::is_digit(version[7]);
    if (!well_formed) return bad("The request line is malformed.");
    return {"VERSION_NOT_SUPPORTED", "The server speaks HTTP/1.1."};
}

std::optional<Refusal> check_header(const ParsedHeader& header, std::span<const std::string> allowed_hosts) {
    if (!http::parse_method(header.method))
        return Refusal{"METHOD_NOT_ALLOWED", "The server knows no such method."};
    if (!header.target.starts_with('/')) return bad("The request target must be a path.");
    for (const std::string_view name : kSingleFields) {
        if (header.fields->count(name) > 1) return bad("A header field that may stand once is given twice.");
    }
    if (const std::optional<Refusal> refusal = check_host(header, allowed_hosts)) return refusal;
    if (const std::optional<Refusal> refusal = check_framing(header)) return refusal;
    return check_options(header);
}

}  // namespace annals::server
