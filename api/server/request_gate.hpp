#pragma once

#include "api/http/headers.hpp"
#include "api/http/limits.hpp"
#include "api/http/method.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The strict gate before the parser and before routing. Beast 1.81 frames requests in ways that other
/// parsers on the way do not (Transfer-Encoding beside Content-Length, codings that do not end in chunked,
/// trailers merged into the header), which is how one request is smuggled inside another. Whatever two
/// readers could take in two ways is refused.
namespace annals::server {

/// Why a request is refused before any handler sees it: a code of the problem catalogue and a sentence.
struct Refusal {
    std::string_view code;
    std::string_view detail;
};

/// Finds the end of a header in bytes as they arrive, and checks what the parser would forgive: bare LF and
/// CR, control characters, folded lines, leading empty lines, and the sizes.
class HeaderScanner {
public:
    explicit HeaderScanner(const http::Limits& limits) : limits_(limits) {}

    enum class State { incomplete, complete, refused };

    /// `text` is all that was received of this request; longer at each call, with the same beginning.
    State scan(std::string_view text);

    /// Bytes of the header with its final empty line, when complete.
    std::size_t header_size() const { return line_begin_; }
    const Refusal& refusal() const { return refusal_; }

private:
    State refuse(std::string_view code, std::string_view detail);
    std::optional<Refusal> check_line(std::string_view line) const;
    std::optional<Refusal> check_sizes(std::size_t received) const;

    const http::Limits& limits_;
    std::size_t line_begin_ = 0;  ///< Where the line that is being received begins.
    std::size_t searched_ = 0;    ///< Up to here no line end was found.
    std::size_t request_line_size_ = 0;
    std::size_t fields_ = 0;
    Refusal refusal_{};
};

/// Why the parser refused the version: "HTTP/2.0" is a version we do not speak, "http/1.1 " is nothing at
/// all.
Refusal explain_bad_version(std::string_view header);

/// The header as the parser saw it, every field in order.
struct ParsedHeader {
    std::string_view method;
    std::string_view target;
    int version = 11;  ///< 10 or 11.
    const http::Headers* fields = nullptr;
};

/// Nothing when the header may pass. Refused: an unknown method; a target that is not in origin form; none or
/// several Host, or one that is not in `allowed_hosts` (when that is not empty); Transfer-Encoding that is
/// not exactly "chunked" on HTTP/1.1; Transfer-Encoding with Content-Length; several or malformed
/// Content-Length; a body on GET, HEAD and OPTIONS; a content coding; an Expect other than 100-continue;
/// several of a field that names one thing.
std::optional<Refusal> check_header(const ParsedHeader& header, std::span<const std::string> allowed_hosts);

}  // namespace annals::server
