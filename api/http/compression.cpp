#include "api/http/compression.hpp"

#include "api/http/ascii.hpp"
#include "api/http/limits.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <zlib.h>

namespace annals::http {

namespace {

constexpr int kGzipLevel = 4;  // Three quarters of the gain of level 9 at a quarter of its time, on JSON.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kGzipMemoryLevel = 8;

/// Setting up a deflate stream costs more than compressing a small body, so each thread keeps one.
class Deflater {
public:
    Deflater() {
        if (deflateInit2(
                &stream_, kGzipLevel, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel, Z_DEFAULT_STRATEGY
            ) != Z_OK) {
            throw std::runtime_error("zlib cannot be set up (HTTP-2d77)");
        }
    }
    ~Deflater() { deflateEnd(&stream_); }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    std::string run(std::string_view text) {
        deflateReset(&stream_);
        std::string out(deflateBound(&stream_, text.size()), '\0');
        // zlib's interface predates const; it does not write to its input.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        stream_.avail_in = static_cast<uInt>(text.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib failed (HTTP-8b1e)");
        out.resize(out.size() - stream_.avail_out);
        return out;
    }

private:
    z_stream stream_{};
};

bool is_text(std::string_view content_type) {
    constexpr std::array<std::string_view, 5> kPrefixes{
        "application/json", "application/problem+json", "application/cloudevents", "text/", "image/svg+xml"
    };
    return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) {
        return content_type.starts_with(prefix);
    });
}

/// True when the parameters of a list item hold a weight of zero.
bool refused_by_weight(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view parameter = trim(next_piece(parameters, ';'));
        if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
        return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    std::optional<bool> by_name;
    std::optional<bool> by_star;
    while (!accept_encoding.empty()) {
        std::string_view parameters = next_piece(accept_encoding, ',');
        const std::string_view coding = trim(next_piece(parameters, ';'));
        const bool accepted = !refused_by_weight(parameters);
        if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip"))
            by_name = accepted;
        if (coding == "*") by_star = accepted;
    }
    return by_name.value_or(by_star.value_or(false));
}

std::string gzip(std::string_view text) {
    thread_local Deflater deflater;
    return deflater.run(text);
}

void compress(const Request& request, Response& response) {
    if (!response.compressible || response.body.size() < kCompressedBodyBytesMin) return;
    if (!is_text(response.content_type) || response.headers.has("Content-Encoding")) return;
    response.headers.add("Vary", "Accept-Encoding");
    if (!accepts_gzip(request.headers.get("Accept-Encoding"))) return;
    std::string body = gzip(response.body);
    if (body.size() >= response.body.size()) return;
    response.body = std::move(body);
    response.headers.add("Content-Encoding", "gzip");
    const std::string_view etag = response.headers.get("ETag");
    if (etag.size() < 2 || !etag.ends_with('"')) return;
    std::string suffixed(etag.substr(0, etag.size() - 1));
    suffixed.append(kGzipTagSuffix).push_back('"');
    response.headers.set("ETag", suffixed);
}

}  // namespace annals::http
