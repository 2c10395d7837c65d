#include "tests/support/scripted_bus.hpp"

namespace annals {
namespace {

using namespace test;

constexpr std::int64_t kHour = 3'600 * kMicrosPerSecond;

/// The clock of this process jumps; what is recorded jumps with it, and nothing else notices.
class ClockJump : public ScriptedBus {};

TEST_F(ClockJump, ChangesTheRecordedTimeAndNothingElse) {
    const auto repeated = [&] { return repeatable(scripted(appends(), realm, uuid(2)), 70); };
    std::vector<Position> positions;
    std::optional<CommandAnswer> first;
    for (const std::int64_t jump : {std::int64_t{0}, kHour, -2 * kHour, kHour, -kHour}) {
        clock.advance(jump);
        const auto answer = run(scripted(appends(), realm, uuid(1)));
        ASSERT_EQ("accepted", code_of(answer)) << "after a jump of " << jump;
        positions.push_back(answer->position);
        EXPECT_EQ(positions.size(), answer->version);
        const auto same = run(repeated());
        ASSERT_EQ("accepted", code_of(same));
        if (first) {
            EXPECT_EQ(first->body, same->body) << "a repeat is one whatever the time is";
            EXPECT_TRUE(same->repeated);
        }
        first = *same;
    }
    EXPECT_TRUE(std::ranges::is_sorted(positions, {}, &Position::number));
    EXPECT_EQ(6U, dense_events().size());
    EXPECT_EQ(1U, events_of(uuid(2)));
    EXPECT_EQ((std::vector<std::string>{}), reports);
}

TEST_F(ClockJump, WhileCommandsWaitMakesNoneOfThemOld) {
    after_queueing = [&] { clock.advance(kHour); };
    std::vector<CommandRequest> requests;
    for (std::uint64_t stream = 1; stream <= 5; ++stream)
        requests.push_back(scripted(appends(), realm, uuid(stream)));
    for (const auto& result : run_as_one_batch(std::move(requests))) EXPECT_EQ("accepted", code_of(result));
}

}  // namespace
}  // namespace annals
