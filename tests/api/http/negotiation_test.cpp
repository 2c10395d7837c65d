#include "api/http/negotiation.hpp"

#include <gtest/gtest.h>

namespace annals::http {
namespace {

TEST(Negotiation, DemandsJsonBodies) {
    for (const std::string_view value :
         {"application/json", "Application/JSON", "application/json; charset=utf-8",
          "application/json;charset=\"UTF-8\"", "application/merge-patch+json"}) {
        Request request;
        request.headers.add("Content-Type", value);
        EXPECT_FALSE(require_json_body(request)) << value;
    }
    for (const std::string_view value :
         {"", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "multipart/form-data",
          "text/json", "application/json; charset=latin1", "application/+json", "json",
          "application/xml, application/json"}) {
        Request request;
        request.headers.add("Content-Type", value);
        const std::optional<Problem> problem = require_json_body(request);
        ASSERT_TRUE(problem) << value;
        EXPECT_EQ(problem->status, 415);
    }
    EXPECT_TRUE(require_json_body(Request()));
}

TEST(Negotiation, ReadsAccept) {
    for (const std::string_view value :
         {"", "*/*", "application/*", "application/json", "text/html, application/json;q=0.1",
          "text/html;q=1, */*;q=0.1", "APPLICATION/JSON", "application/json; v=\"a,b\""}) {
        Request request;
        request.headers.add("Accept", value);
        EXPECT_FALSE(require_json_accepted(request)) << value;
    }
    for (const std::string_view value :
         {"text/html", "application/xml", "application/json;q=0", "application/json;q=0, */*", "*/*;q=0",
          "application/jsonx", "text/*"}) {
        Request request;
        request.headers.add("Accept", value);
        EXPECT_TRUE(require_json_accepted(request)) << value;
    }
    EXPECT_TRUE(has_media_type("text/html; charset=utf-8", "TEXT/html"));
}

}  // namespace
}  // namespace annals::http
