#include "tests/e2e/load.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

/// The longest a stop may take, as the operator's guide promises.
constexpr std::chrono::seconds kStopLimit{10};

TEST(Stopped, UnderLoadEndsInOrderAndLosesNothing) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "STOP");
    for (int round = 0; round < 3; ++round) {
        Load load(instance, people.ada.token(), {board.project, board.project, board.project, board.project});
        ASSERT_TRUE(eventually([&] { return load.acknowledged() >= 50; }));
        const auto asked = std::chrono::steady_clock::now();
        instance.ask_to_stop();
        EXPECT_EQ(instance.wait_end(), 0) << instance.log();
        EXPECT_LT(std::chrono::steady_clock::now() - asked, kStopLimit);
        const auto acknowledged = load.finish();
        EXPECT_THAT(load.unexpected(), testing::IsEmpty());
        for (const auto& one : acknowledged) {
            EXPECT_EQ(
                instance.database().value(
                    fmt::format("select count(*) from log.event where stream_id = '{}'", one.id)
                ),
                "1"
            ) << one.title;
        }
        instance.start();
        ApiClient ada(instance, people.ada.token());
        const Json page = ada.must_get(kApi + "/tasks?limit=1&min_position=" + acknowledged.back().position);
        EXPECT_EQ(page.items("/items").size(), 1U);
    }
}

TEST(Stopped, TwiceOrIdleEndsAtOnce) {
    ServedInstance instance;
    ApiClient client(instance);
    ASSERT_EQ(client.get("/livez").status, 200);
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_EQ(instance.stop(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, kStopLimit);
    EXPECT_THROW((void)client.get("/livez"), std::runtime_error);
    instance.start();
    EXPECT_EQ(instance.stop(), 0);
}

}  // namespace
}  // namespace annals::test
