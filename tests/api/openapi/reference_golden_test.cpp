#include "api/openapi/asyncapi.hpp"
#include "api/openapi/openapi.hpp"
#include "api/openapi/reference_pages.hpp"
#include "tests/support/golden.hpp"

#include <gtest/gtest.h>

// The documents that a server shows also lie in docs/reference, so that a change of the API shows up in
// review.
namespace annals::api {
namespace {

const std::string kReference = "../../../docs/reference/";

TEST(ReferenceGolden, OpenApiIsWhatTheRoutesSay) {
    test::expect_golden(kReference + "openapi.json", openapi_document(all_routes()));
}

TEST(ReferenceGolden, AsyncApiIsWhatTheEventsSay) {
    test::expect_golden(
        kReference + "asyncapi.json", asyncapi_document(contract::event_catalogue(), EventTopic{})
    );
}

TEST(ReferenceGolden, EventsAreListed) {
    test::expect_golden(kReference + "events.md", events_page(contract::event_catalogue()));
}

TEST(ReferenceGolden, CommandsAreListed) {
    test::expect_golden(kReference + "commands.md", commands_page(all_routes()));
}

}  // namespace
}  // namespace annals::api
