#include "api/server/response_writer.hpp"

#include "api/server/request_id.hpp"

#include <gtest/gtest.h>
#include <regex>
#include <set>

namespace annals::server {
namespace {

std::string write(const http::Response& response, bool keep_alive = true, bool without_body = false) {
    std::string out;
    append_response(out, response, "id", keep_alive, without_body);
    return out;
}

TEST(ResponseWriter, WritesHeaderAndBodyInOnePiece) {
    http::Response response = http::json_response(201, "{}");
    response.headers.add("Location", "/a");
    const std::string text = write(response);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 201 Created\r\nDate: ")) << text;
    EXPECT_NE(text.find("\r\nContent-Length: 2\r\n"), std::string::npos);
    EXPECT_NE(text.find("\r\nLocation: /a\r\n"), std::string::npos);
    EXPECT_NE(text.find("\r\nX-Request-Id: id\r\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\n{}"));
    EXPECT_EQ(text.find("Connection"), std::string::npos);
    EXPECT_NE(write(response, false).find("\r\nConnection: close\r\n\r\n{}"), std::string::npos);
}

TEST(ResponseWriter, TellsTheLengthButSendsNoBodyToHead) {
    const std::string text = write(http::json_response(200, "{}"), true, true);
    EXPECT_NE(text.find("Content-Length: 2\r\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(ResponseWriter, HasNoLengthWhereNoBodyCanBe) {
    EXPECT_EQ(write(http::no_content()).find("Content-Length"), std::string::npos);
    http::Response response;
    response.status = 304;
    EXPECT_EQ(write(response).find("Content-Length"), std::string::npos);
}

TEST(ResponseWriter, LetsAHandlerOwnItsPolicies) {
    http::Response response = http::html_response(200, "x");
    response.headers.add("Content-Security-Policy", "default-src 'self'");
    response.headers.add("Cache-Control", "public");
    const std::string text = write(response);
    EXPECT_EQ(text.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(text.find("no-store"), std::string::npos);
    EXPECT_NE(text.find("Cross-Origin-Opener-Policy: same-origin"), std::string::npos);
}

TEST(ResponseWriter, DatesAreHttpDates) {
    const std::string date(http_date());
    EXPECT_TRUE(std::regex_match(
        date,
        std::regex("(Sun|Mon|Tue|Wed|Thu|Fri|Sat), \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT")
    )) << date;
}

TEST(RequestId, IsAnOrderedUuidOfVersion7) {
    std::set<std::string> ids;
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    for (int i = 0; i < 1000; ++i) {
        const std::string id = make_request_id();
        EXPECT_TRUE(std::regex_match(id, form)) << id;
        EXPECT_TRUE(ids.insert(id).second);
    }
}

}  // namespace
}  // namespace annals::server
