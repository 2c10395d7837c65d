#include "api/server/request_parser.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>

namespace annals::server {

namespace {

/// What is set aside for a body before it arrives. A length is only a promise, and memory is not given for
/// promises.
constexpr std::uint64_t kBodyReserveBytesMax = 64 * 1024;

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

void RequestParser::on_request_impl(boost::beast::http::verb, View method, View target, int version, Code&) {
    method_ = view(method);
    target_ = view(target);
    version_ = version;
}

void RequestParser::on_response_impl(int, View, int, Code&) {}

void RequestParser::on_field_impl(boost::beast::http::field, View name, View value, Code& error) {
    if (!header_done_) {
        request_.headers.add(view(name), view(value));
        return;
    }
    trailer_bytes_ += name.size() + value.size();
    if (trailer_bytes_ > chunk_header_bytes_max_) error = boost::beast::http::error::header_limit;
}

void RequestParser::on_header_impl(Code&) {
    header_done_ = true;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& content_length, Code&) {
    if (content_length) request_.body.reserve(std::min(*content_length, kBodyReserveBytesMax));
}

std::size_t RequestParser::on_body_impl(View body, Code&) {
    request_.body.append(body.data(), body.size());
    return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, View extensions, Code& error) {
    if (extensions.size() > chunk_header_bytes_max_) error = boost::beast::http::error::header_limit;
    // Beast lets a line feed stand inside a quoted extension, where another reader sees the end of the line
    // and another length of the body.
    const auto breaks = [](char c) { return http::is_control(c) && c != '\t'; };
    if (std::ranges::any_of(view(extensions), breaks)) error = boost::beast::http::error::bad_chunk_extension;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, Code&) {
    request_.body.append(body.data(), body.size());
    return body.size();
}

void RequestParser::on_finish_impl(Code&) {}

}  // namespace annals::server
