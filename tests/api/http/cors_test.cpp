#include "api/http/cors.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace annals::http {
namespace {

TEST(Cors, AllowsOnlyExactOrigins) {
    const CorsPolicy policy({"https://console.example.com", "http://localhost:5173"});
    EXPECT_TRUE(policy.allows("https://console.example.com"));
    EXPECT_TRUE(policy.allows("http://localhost:5173"));
    for (const std::string_view origin :
         {"",
          "null",
          "*",
          "http://console.example.com",
          "https://console.example.com.",
          "https://console.example.com/",
          "https://console.example.com:443",
          "https://console.example.com:8443",
          "https://CONSOLE.example.com",
          "https://evil.console.example.com",
          "https://console.example.com.evil.com",
          "https://consoleexample.com",
          "https://console.example.comx",
          "xhttps://console.example.com",
          "https://console.example.com@evil.com",
          "https://evil.com#https://console.example.com",
          "https://console.example.com https://evil.com",
          "https://console.example.com,https://evil.com",
          "file://",
          "https://",
          "http://localhost",
          "http://localhost:517",
          "http://localhost:51733",
          "http://127.0.0.1:5173",
          "https://localhost:5173",
          "HTTP://localhost:5173",
          "http://localhost:5173\t",
          "https://console.example.com%00",
          "https://xn--console",
          "chrome-extension://console.example.com"}) {
        EXPECT_FALSE(policy.allows(origin)) << origin;
    }
}

TEST(Cors, RefusesListsThatAreNoExactOrigins) {
    for (const std::string& origin :
         {std::string("*"), std::string("null"), std::string("https://a.com/"), std::string("https://A.com"),
          std::string("a.com"), std::string("ftp://a.com"), std::string("https://"),
          std::string("https://*.a.com"), std::string()}) {
        EXPECT_THROW(CorsPolicy({origin}), std::invalid_argument) << origin;
    }
}

TEST(Cors, MarksAnswersForAllowedOriginsOnly) {
    const CorsPolicy policy({"https://a.com"});
    Request request;
    request.headers.add("Origin", "https://a.com");
    Response response;
    policy.apply(request, response);
    EXPECT_EQ(response.headers.get("Access-Control-Allow-Origin"), "https://a.com");
    EXPECT_EQ(response.headers.get("Vary"), "Origin");
    EXPECT_NE(response.headers.get("Access-Control-Expose-Headers").find("ETag"), std::string_view::npos);
    EXPECT_FALSE(response.headers.has("Access-Control-Allow-Credentials"));

    Request foreign;
    foreign.headers.add("Origin", "https://b.com");
    Response unmarked;
    policy.apply(foreign, unmarked);
    EXPECT_FALSE(unmarked.headers.has("Access-Control-Allow-Origin"));
    EXPECT_EQ(unmarked.headers.get("Vary"), "Origin");
}

TEST(Cors, AnswersPreflights) {
    const CorsPolicy policy({"https://a.com"});
    Request request;
    request.headers.add("Origin", "https://a.com");
    request.headers.add("Access-Control-Request-Method", "PATCH");
    Response response = policy.options_response(request, "GET, PATCH");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.headers.get("Access-Control-Allow-Origin"), "https://a.com");
    EXPECT_EQ(response.headers.get("Access-Control-Allow-Methods"), "GET, PATCH");
    EXPECT_NE(
        response.headers.get("Access-Control-Allow-Headers").find("Idempotency-Key"), std::string_view::npos
    );
    EXPECT_EQ(response.headers.get("Access-Control-Max-Age"), "7200");

    request.headers.set("Origin", "https://b.com");
    response = policy.options_response(request, "GET, PATCH");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.headers.get("Allow"), "GET, PATCH");
    EXPECT_FALSE(response.headers.has("Access-Control-Allow-Origin"));
}

}  // namespace
}  // namespace annals::http
