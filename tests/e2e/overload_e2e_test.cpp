#include "infra/postgres/session.hpp"
#include "tests/api/server/loopback.hpp"
#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <memory>
#include <vector>

namespace annals::test {
namespace {

using server::RawClient;

/// More than wait for a writer that stands still before an organization's commands are refused.
constexpr int kClients = 150;
/// A refusal is kept back for half a second at most; without one nothing would come before the body's own
/// time is up.
constexpr int kAnswerMsMax = 900;
constexpr std::string_view kBody = R"({"title":"One more"})";

std::string create_task(const TwoOrganizations& people, const std::string& project) {
    return fmt::format(
        "POST {}/projects/{}/tasks HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        kApi, project, people.ada.token(), kBody.size()
    );
}

TEST(Overloaded, RefusesACommandBeforeItsBodyComesAndServesTheConnectionAfterwards) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "FULL");
    const auto port = static_cast<std::uint16_t>(instance.endpoint().port);
    const std::string header = create_task(people, board.project);
    pg::Connection holder(instance.database().owner_dsn(), pg::kMigrationSession);
    holder.execute("begin; lock table log.partition in share mode");
    std::vector<std::unique_ptr<RawClient>> waiting;
    std::unique_ptr<RawClient> client;
    // What waits is refused before a second is over, so on a busy machine it may take more than one attempt.
    ASSERT_TRUE(eventually([&] {
        waiting.clear();
        for (int i = 0; i < kClients; ++i) {
            waiting.push_back(std::make_unique<RawClient>(port));
            waiting.back()->send(header + std::string(kBody));
        }
        client = std::make_unique<RawClient>(port);
        client->send(header);
        return client->readable_within(kAnswerMsMax);
    }));
    const auto refused = client->read();
    server::expect_problem(refused, 503, "while nothing can be appended");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->header("retry-after"), "1");
    holder.execute("rollback");
    client->send(kBody);
    EXPECT_TRUE(eventually([&] {
        client->send(header + std::string(kBody));
        const auto answer = client->read();
        return answer && answer->status == 201;
    }));
}

}  // namespace
}  // namespace annals::test
