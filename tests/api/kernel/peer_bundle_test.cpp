#include "api/kernel/peer_bundle.hpp"

#include "api/kernel/command_peers.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace annals::api {
namespace {

std::shared_ptr<http::Request> move_request() {
    auto request = std::make_shared<http::Request>();
    request->method = http::Method::post;
    request->path = "/api/v1/tasks/" + test::uuid(5).to_string() + "/move";
    request->command_id = test::uuid(70).to_string();
    request->request_id = test::uuid(71).to_string();
    request->remote_address = "2001:db8::7";
    request->traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request->headers.add("authorization", "Bearer ada");
    request->headers.add("Cookie", "secret=1");
    request->headers.add("If-Match", "\"3\"");
    request->headers.add("If-Match", "\"4\"");
    request->headers.add("Prefer", "wait=5");
    request->body = R"({"column":"x"})";
    return request;
}

std::string bundle_of(const http::Request& request) {
    std::string item;
    append_item(item, request);
    return write_bundle(std::vector{item});
}

TEST(PeerBundle, CarriesWhatACommandNeedsAndNothingElse) {
    const auto sent = move_request();
    const auto read = read_bundle(bundle_of(*sent));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 1U);
    const http::Request& request = *read->front();
    EXPECT_TRUE(request.passed_on);
    EXPECT_FALSE(request.in_doubt);
    EXPECT_EQ(request.method, sent->method);
    EXPECT_EQ(request.path, sent->path);
    EXPECT_EQ(request.segments.size(), 5U);
    EXPECT_EQ(request.command_id, sent->command_id);
    EXPECT_EQ(request.request_id, sent->request_id);
    EXPECT_EQ(request.remote_address, sent->remote_address);
    EXPECT_EQ(request.traceparent, sent->traceparent);
    EXPECT_EQ(request.body, sent->body);
    EXPECT_EQ(request.headers.get("Authorization"), "Bearer ada");
    EXPECT_EQ(request.headers.count("If-Match"), 2U) << "a second one is for the route to refuse";
    EXPECT_FALSE(request.headers.has("Cookie"));
    EXPECT_FALSE(request.headers.has("Prefer")) << "whoever has the client's connection waits";
}

TEST(PeerBundle, AsksWhetherSomebodyIsThereWithoutAnyRequest) {
    const auto read = read_bundle(write_bundle({}));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->empty());
    EXPECT_TRUE(read_answers(write_answers({}), 0));
}

TEST(PeerBundle, RefusesEveryTruncationAndEveryForeignByteInFront) {
    const std::string whole = bundle_of(*move_request());
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(read_bundle(whole.substr(0, size))) << size;
    EXPECT_FALSE(read_bundle(whole + "x"));
    std::string other_version = whole;
    other_version[1] = 2;
    EXPECT_FALSE(read_bundle(other_version));
}

TEST(PeerBundle, LivesThroughAnyDamage) {
    const std::string whole = bundle_of(*move_request());
    const std::string answers = write_answers(std::vector{http::json_response(200, "{}")});
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        for (std::size_t at = 0; at < whole.size(); ++at) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(value);
            const auto read = read_bundle(damaged);
            if (!read) continue;
            ASSERT_EQ(read->size(), 1U) << at;
            EXPECT_LE(read->front()->path.size() + read->front()->body.size(), whole.size());
        }
        for (std::size_t at = 0; at < answers.size(); ++at) {
            std::string damaged = answers;
            damaged[at] = static_cast<char>(value);
            const auto read = read_answers(damaged, 1);
            if (read) EXPECT_LE(read->front().body.size(), answers.size());
        }
    }
}

TEST(PeerBundle, RefusesWhatTheGateWouldNotLetThrough) {
    const auto broken = [](auto change) {
        const auto request = move_request();
        change(*request);
        return !read_bundle(bundle_of(*request));
    };
    EXPECT_TRUE(broken([](http::Request& request) { request.path = "tasks"; }));
    EXPECT_TRUE(broken([](http::Request& request) { request.path = "/a/../b"; }));
    EXPECT_TRUE(broken([](http::Request& request) { request.request_id = "a line\nof a log"; }));
    EXPECT_TRUE(broken([](http::Request& request) { request.command_id = "mine"; }));
    EXPECT_TRUE(broken([](http::Request& request) { request.remote_address = "<script>"; }));
    EXPECT_TRUE(broken([](http::Request& request) { request.traceparent = "00-0"; }));
    EXPECT_TRUE(broken([](http::Request& request) {
        request.traceparent = "cc" + request.traceparent.substr(2) + "-a\nb";
    }));
    EXPECT_TRUE(broken([](http::Request& request) { request.body.assign(kPassedOnBodyBytesMax + 1, ' '); }));
    EXPECT_FALSE(broken([](http::Request&) {}));
}

TEST(PeerBundle, RefusesTooManyRequests) {
    std::string item;
    append_item(item, *move_request());
    EXPECT_TRUE(read_bundle(write_bundle(std::vector(kPeerBundleItemsMax, item))));
    EXPECT_FALSE(read_bundle(write_bundle(std::vector(kPeerBundleItemsMax + 1, item))));
}

TEST(PeerBundle, LeavesWhatItCannotCarryWhereItIs) {
    const auto carried = [](auto change) {
        const auto request = move_request();
        change(*request);
        return can_be_passed_on(*request);
    };
    EXPECT_TRUE(carried([](http::Request&) {}));
    EXPECT_TRUE(carried([](http::Request& request) { request.path = "/api/v1/commands:batch"; }));
    EXPECT_FALSE(carried([](http::Request& request) { request.path = "/api/v1/tasks/a b"; }));
    EXPECT_FALSE(carried([](http::Request& request) { request.query = "x=1"; }));
    EXPECT_FALSE(carried([](http::Request& request) { request.body.assign(kPassedOnBodyBytesMax + 1, ' '); })
    );
}

TEST(PeerBundle, CarriesAnswersWithTheirHeaders) {
    http::Response created = http::json_response(201, R"({"id":"x"})");
    created.headers.add("ETag", "\"1\"");
    created.headers.add("Location", "/api/v1/tasks/x");
    created.compressible = false;
    http::Response refused;
    refused.status = 503;
    refused.content_type = http::kProblemJson;
    refused.headers.add("Retry-After", "1");
    const std::string body = write_answers(std::vector{created, refused});
    const auto read = read_answers(body, 2);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->at(0).status, 201);
    EXPECT_EQ(read->at(0).content_type, http::kJson);
    EXPECT_EQ(read->at(0).headers.get("Location"), "/api/v1/tasks/x");
    EXPECT_EQ(read->at(0).body, created.body);
    EXPECT_FALSE(read->at(0).compressible);
    EXPECT_EQ(read->at(1).status, 503);
    EXPECT_EQ(read->at(1).content_type, http::kProblemJson);
    EXPECT_EQ(read->at(1).headers.get("Retry-After"), "1");
    EXPECT_TRUE(read->at(1).compressible);
    EXPECT_FALSE(read_answers(body, 1));
    EXPECT_FALSE(read_answers(body, 3));
    for (std::size_t size = 0; size < body.size(); ++size)
        EXPECT_FALSE(read_answers(body.substr(0, size), 2)) << size;
}

}  // namespace
}  // namespace annals::api
