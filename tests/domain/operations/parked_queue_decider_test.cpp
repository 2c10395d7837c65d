#include "domain/operations/parked_queue.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals::operations {
namespace {

using test::text;
using test::uuid;
using ParkedSpec = test::Spec<ParkedQueue>;

SkipParkedEvent skip(std::int64_t partition, std::int64_t position) {
    return {
        .projection = text<ProjectionName>("projects.task@1"),
        .partition = partition,
        .position = position,
        .stream_id = uuid(9),
        .event_type = "prj.TaskMoved",
        .reason = text<OperatorReason>("the column is gone")
    };
}

ParkedEventSkipped skipped(std::int64_t partition, std::int64_t position) {
    return {
        .projection = text<ProjectionName>("projects.task@1"),
        .partition = partition,
        .position = position,
        .stream_id = uuid(9),
        .event_type = "prj.TaskMoved",
        .reason = text<OperatorReason>("the column is gone")
    };
}

TEST(ParkedQueueDecider, SkipsAnEventAndSaysWhy) {
    ParkedSpec::given({}).when(skip(2, 70)).then({skipped(2, 70)});
}

TEST(ParkedQueueDecider, SkipsAnEventOnce) {
    ParkedSpec::given({skipped(2, 70)}).when(skip(2, 70)).then({});
    ParkedSpec::given({skipped(2, 70)}).when(skip(3, 70)).then({skipped(3, 70)});
    ParkedSpec::given({skipped(2, 70)}).when(skip(2, 71)).then({skipped(2, 71)});
}

TEST(ParkedQueueDecider, FindsTheStreamByTheNameForEver) {
    EXPECT_NE(parked_queue_id("projects.task@1"), parked_queue_id("projects.task@2"));
    EXPECT_EQ("e1430517-6f9f-8586-9368-9fff65273581", parked_queue_id("projects.task@1").to_string());
}

}  // namespace
}  // namespace annals::operations
