#include "api/openapi/docs_page.hpp"

#include "api/http/security_headers.hpp"
#include "api/openapi/docs_endpoints.hpp"
#include "api/openapi/json_schema.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace annals::api {
namespace {

const DocsSite& site() {
    static const DocsSite kSite(all_routes(), contract::event_catalogue(), EventTopic{});
    return kSite;
}

http::Response get(const std::string& path, std::string_view header = {}, std::string_view value = {}) {
    http::Request request;
    request.path = path;
    if (!header.empty()) request.headers.add(header, value);
    return site().answer(request);
}

TEST(DocsSite, ServesTheMachineDocuments) {
    for (const std::string path : {"/openapi.json", "/asyncapi.json"}) {
        const http::Response response = get(path);
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(response.content_type, "application/json");
        EXPECT_TRUE(response.body.starts_with('{'));
    }
}

TEST(DocsSite, ServesASchemaWhereEveryEventSaysItIs) {
    for (const auto& type : contract::event_catalogue().types()) {
        const http::Response response = get("/schemas/" + event_schema_name(type));
        EXPECT_EQ(response.status, 200) << type.name;
        EXPECT_EQ(response.content_type, "application/schema+json");
    }
    EXPECT_EQ(get("/schemas/prj.TaskMoved.v999").status, 404);
}

TEST(DocsSite, AnswersNotModifiedToWhoHasIt) {
    const http::Response first = get("/openapi.json");
    EXPECT_EQ(get("/openapi.json", "If-None-Match", first.headers.get("ETag")).status, 304);
    EXPECT_EQ(get("/openapi.json", "If-None-Match", "\"other\"").status, 200);
}

TEST(DocsSite, CompressesOnceAndTagsTheFormApart) {
    const http::Response plain = get("/openapi.json");
    const http::Response gzip = get("/openapi.json", "Accept-Encoding", "gzip");
    EXPECT_EQ(gzip.headers.get("Content-Encoding"), "gzip");
    EXPECT_LT(gzip.body.size(), plain.body.size() / 4);
    EXPECT_NE(gzip.headers.get("ETag"), plain.headers.get("ETag"));
    EXPECT_FALSE(gzip.compressible);
}

TEST(DocsSite, AllowsItsPageNothingFromElsewhere) {
    const http::Response page = get("/docs");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.get("Content-Security-Policy"), http::kDocsPolicy);
    EXPECT_EQ(page.body.find("http://"), std::string::npos);
    EXPECT_EQ(page.body.find("https://"), std::string::npos);
    EXPECT_EQ(page.body.find("<script>"), std::string::npos) << "the policy forbids scripts inside the page";
}

TEST(DocsSite, HasEveryFileItsPageNames) {
    const std::string page = get("/docs").body;
    constexpr std::string_view kPrefix = "\"/docs/assets/";
    std::size_t files = 0;
    for (auto at = page.find(kPrefix); at != std::string::npos; at = page.find(kPrefix, at + 1)) {
        const auto end = page.find('"', at + 1);
        const std::string path = page.substr(at + 1, end - at - 1);
        EXPECT_EQ(get(path).status, 200) << path;
        ++files;
    }
    EXPECT_GE(files, 1U);
    EXPECT_EQ(get("/docs/assets/nothing.js").status, 404);
}

TEST(DocsSite, FallsBackToAPageThatListsTheRoutes) {
    const std::string page = plain_docs_page(all_routes());
    for (const Route& route : all_routes())
        EXPECT_NE(page.find(route.pattern), std::string::npos) << route.pattern;
    EXPECT_EQ(page.find("<script"), std::string::npos);
}

TEST(DocsSite, OffersItsPathsAsEndpoints) {
    const auto endpoints = docs_endpoints(all_routes());
    for (const std::string_view pattern :
         {"/docs", "/openapi.json", "/docs/problems/{code}", "/schemas/{name}"}) {
        EXPECT_TRUE(std::ranges::any_of(endpoints, [&](const auto& endpoint) {
            return endpoint.pattern == pattern;
        }));
    }
}

}  // namespace
}  // namespace annals::api
