#include "api/server/response_writer.hpp"

#include "api/http/ascii.hpp"
#include "api/http/security_headers.hpp"

#include <array>
#include <ctime>
#include <fmt/format.h>
#include <iterator>

namespace annals::server {

namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string format_date(std::time_t second) {
    std::tm utc{};
    gmtime_r(&second, &utc);
    return fmt::format(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
        kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec
    );
}

bool has_length(int status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace

std::string_view http_date() {
    thread_local std::time_t second = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != second) {
        text = format_date(now);
        second = now;
    }
    return text;
}

void append_response(
    std::string& out, const http::Response& response, std::string_view request_id, bool keep_alive,
    bool without_body
) {
    fmt::format_to(
        std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, http::reason_phrase(response.status)
    );
    out.append("Date: ").append(http_date()).append("\r\n");
    if (!response.content_type.empty())
        out.append("Content-Type: ").append(response.content_type).append("\r\n");
    if (has_length(response.status)) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    }
    out.append("X-Request-Id: ").append(request_id).append("\r\n");
    for (std::size_t i = 0; i < response.headers.size(); ++i) {
        const http::Headers::Field field = response.headers[i];
        out.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    http::append_security_headers(out, response);
    out.append(keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
    if (!without_body && has_length(response.status)) out.append(response.body);
}

}  // namespace annals::server
