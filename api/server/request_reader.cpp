#include "api/server/request_reader.hpp"

#include "api/http/trace_context.hpp"
#include "api/http/uri.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

namespace annals::server {

namespace {

using boost::system::error_code;

/// The shortest rest of a chunked body: "0", two line ends. Beast 1.81 asserts that it is not asked again
/// before it has these bytes, and a client that sends them one by one would end the process.
constexpr std::size_t kChunkedRestBytesMin = 5;

Refusal refusal_of(const error_code& error) {
    if (error == boost::beast::http::error::body_limit)
        return {"PAYLOAD_TOO_LARGE", "The body is too large."};
    return {"BAD_REQUEST", "The request is not well-formed HTTP."};
}

}  // namespace

RequestReader::Step RequestReader::refuse(Refusal refusal) {
    refusal_ = refusal;
    return Step::refused;
}

RequestReader::Step RequestReader::read_header(InputBuffer& input, std::size_t size) {
    error_code error;
    parser_.header_limit(std::numeric_limits<std::uint32_t>::max());  // The scanner has checked the sizes.
    parser_.body_limit(boost::none);  // Checked below, when the route is known.
    parser_.put(boost::asio::const_buffer(input.text().data(), size), error);
    if (error == boost::beast::http::error::bad_version) return refuse(explain_bad_version(input.text()));
    input.consume(size);
    if (error || !parser_.is_header_done()) return refuse(refusal_of(error));
    const ParsedHeader header{parser_.method(), parser_.target(), parser_.version(), &request_.headers};
    if (const std::optional<Refusal> refusal = check_header(header, options_.allowed_hosts)) {
        return refuse(*refusal);
    }
    request_.method = *http::parse_method(parser_.method());
    const std::expected<void, std::string_view> target = http::read_target(parser_.target(), request_);
    if (!target) return refuse({"BAD_REQUEST", target.error()});
    const std::string_view traceparent = request_.headers.get("traceparent");
    if (http::is_traceparent(traceparent)) request_.traceparent = traceparent;
    understood_ = true;
    keeps_alive_ = parser_.version() == 11 && parser_.keep_alive();
    return limit_body();
}

RequestReader::Step RequestReader::limit_body() {
    const std::size_t most =
        options_.body_bytes_max ? options_.body_bytes_max(request_) : options_.limits.body_bytes_max;
    if (parser_.content_length().value_or(0) > most) {
        return refuse({"PAYLOAD_TOO_LARGE", "The body is larger than this route accepts."});
    }
    parser_.body_limit(most);  // For chunks, whose sum is not known before.
    return Step::done;
}

RequestReader::Step RequestReader::read_body(InputBuffer& input) {
    while (!parser_.is_done() && !input.empty()) {
        if (parser_.chunked() && input.size() < kChunkedRestBytesMin) return Step::more;
        error_code error;
        const std::size_t used =
            parser_.put(boost::asio::const_buffer(input.text().data(), input.size()), error);
        input.consume(used);
        if (error == boost::beast::http::error::need_more) {
            if (input.size() > options_.limits.chunk_header_bytes_max)
                return refuse({"BAD_REQUEST", "A chunk line is too long."});
            return Step::more;
        }
        if (error) return refuse(refusal_of(error));
    }
    return parser_.is_done() ? Step::done : Step::more;
}

}  // namespace annals::server
