#include "api/http/dispatcher.hpp"

#include "api/http/uri.hpp"

#include <gtest/gtest.h>

namespace annals::http {
namespace {

class DispatcherTest : public testing::Test {
protected:
    Response send(Method method, std::string_view target, std::string_view origin = {}) {
        auto request = std::make_shared<Request>();
        request->method = method;
        request->request_id = "id";
        EXPECT_TRUE(read_target(target, *request));
        if (!origin.empty()) {
            request->headers.add("Origin", origin);
            request->headers.add("Access-Control-Request-Method", "POST");
        }
        Response answer;
        handler_(request, [&](Response response) { answer = std::move(response); });
        route_ = request->route;
        return answer;
    }

    Handler handler_ = make_dispatcher(
        {{Method::get, "/things/{id}",
          [](const std::shared_ptr<Request>& request, Respond respond) {
              respond(text_response(200, std::string(request->parameters["id"])));
          }}},
        CorsPolicy({"https://a.com"})
    );
    std::string route_;
};

TEST_F(DispatcherTest, CallsTheEndpointWithItsParameters) {
    EXPECT_EQ(send(Method::get, "/things/7").body, "7");
    EXPECT_EQ(route_, "/things/{id}");
    EXPECT_EQ(send(Method::head, "/things/7").status, 200);
}

TEST_F(DispatcherTest, AnswersWhatNoEndpointTakes) {
    const Response unknown = send(Method::get, "/nothing");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.content_type, kProblemJson);
    EXPECT_EQ(route_, "");
    const Response method = send(Method::post, "/things/7");
    EXPECT_EQ(method.status, 405);
    EXPECT_EQ(method.headers.get("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(send(Method::options, "/nothing").status, 404);
}

TEST_F(DispatcherTest, AnswersPreflights) {
    const Response allowed = send(Method::options, "/things/7", "https://a.com");
    EXPECT_EQ(allowed.status, 204);
    EXPECT_EQ(allowed.headers.get("Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
    const Response foreign = send(Method::options, "/things/7", "https://b.com");
    EXPECT_EQ(foreign.status, 204);
    EXPECT_FALSE(foreign.headers.has("Access-Control-Allow-Origin"));
}

}  // namespace
}  // namespace annals::http
