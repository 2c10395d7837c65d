#pragma once

#include "api/http/request.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <string>

namespace annals::server {

/// Beast's parser, filling our Request directly instead of a message of Beast. Fields are taken up to the end
/// of the header and never after it, so that a trailer cannot become a header.
class RequestParser final : public boost::beast::http::basic_parser<true> {
public:
    RequestParser(http::Request& request, std::size_t chunk_header_bytes_max)
        : request_(request), chunk_header_bytes_max_(chunk_header_bytes_max) {
        eager(true);
    }

    const std::string& method() const { return method_; }
    const std::string& target() const { return target_; }
    int version() const { return version_; }

private:
    using Code = boost::beast::error_code;
    using View = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, View method, View target, int version, Code&) override;
    void on_response_impl(int, View, int, Code&) override;
    void on_field_impl(boost::beast::http::field, View name, View value, Code&) override;
    void on_header_impl(Code&) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, Code&) override;
    std::size_t on_body_impl(View body, Code&) override;
    void on_chunk_header_impl(std::uint64_t size, View extensions, Code&) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, View body, Code&) override;
    void on_finish_impl(Code&) override;

    http::Request& request_;
    const std::size_t chunk_header_bytes_max_;
    std::string method_;
    std::string target_;
    int version_ = 11;
    bool header_done_ = false;
    std::size_t trailer_bytes_ = 0;
};

}  // namespace annals::server
