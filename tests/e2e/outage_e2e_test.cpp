#include "tests/e2e/load.hpp"
#include "tests/support/pg_cluster.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace annals::test {
namespace {

using std::chrono::steady_clock;

/// From the return of what was away to the first request of each kind that is served.
constexpr std::chrono::seconds kBackLimit{5};
constexpr std::chrono::milliseconds kRefusalLimit{1'000};
constexpr std::size_t kSpareDescriptors = 4;
constexpr int kClients = 24;

std::string new_task(const SmallBoard& board) {
    return "/projects/" + board.project + "/tasks";
}

void expect_refused_in_time(const std::function<Answer()>& ask, const char* what) {
    const auto asked = steady_clock::now();
    const Answer answer = ask();
    EXPECT_LE(steady_clock::now() - asked, kRefusalLimit) << what;
    EXPECT_EQ(answer.status, 503) << what << ": " << answer;
    EXPECT_FALSE(answer.header("retry-after").empty()) << what;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json") << what;
}

/// Served again, by every part of the process: writer, query pool, projections, health.
bool serves(ApiClient& client, const SmallBoard& board) {
    const Answer made = client.post(kApi + new_task(board), R"({"title":"After the outage"})");
    if (made.status != 201) return false;
    const Answer seen =
        client.get(kApi + "/tasks/" + made.text("/id") + "?min_position=" + made.text("/position"));
    return seen.status == 200 && client.get("/readyz").status == 200;
}

void expect_each_once(ServedInstance& instance, const std::vector<Load::Acknowledged>& acknowledged) {
    std::map<std::string, int> created;
    pg::Connection connection(instance.database().owner_dsn(), pg::kMigrationSession);
    const pg::Rows rows = connection.execute("select line from log.event where type = 'prj.TaskCreated'");
    for (std::size_t i = 0; i < rows.size(); ++i)
        ++created[Json::parse(rows.at(i, 0).value_or("")).text("/data/title")];
    for (const auto& one : acknowledged) EXPECT_EQ(created[one.title], 1) << one.title;
    EXPECT_EQ(instance.database().value("select count(*) from proj.parked"), "0");
}

class RunningCluster : public PgCluster {
public:
    RunningCluster() { start(); }
};

class PostgresAway : public testing::Test {
protected:
    RunningCluster cluster;
    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "AWAY"};

    /// The outage in the middle of a load, as a client and as a probe see it.
    void expect_outage_and_return(const std::function<void()>& end, const std::function<void()>& bring_back) {
        Load load(instance, people.ada.token(), {board.project, board.project, board.project, board.project});
        ASSERT_TRUE(eventually([&] { return load.acknowledged() >= 50; }));
        end();
        ApiClient ada(instance, people.ada.token());
        ASSERT_TRUE(eventually([&] { return ada.get("/readyz").status == 503; }));
        for (int round = 0; round < 3; ++round) {
            expect_refused_in_time(
                [&] { return ada.post(kApi + new_task(board), R"({"title":"Nobody keeps this"})"); },
                "command"
            );
            expect_refused_in_time([&] { return ada.get(kApi + "/tasks/" + board.first_task); }, "query");
            expect_refused_in_time([&] { return ada.get(kApi + "/platform/projections"); }, "projections");
            expect_refused_in_time(
                [&] {
                    const std::string login = R"({"login":"max@example.org","password":"whatever it is"})";
                    return ada.post(kApi + "/auth/login", login);
                },
                "login"
            );
        }
        EXPECT_EQ(ada.get("/livez").status, 200);
        bring_back();
        const auto returned = steady_clock::now();
        EXPECT_TRUE(eventually([&] { return serves(ada, board); }, kBackLimit)) << instance.log();
        EXPECT_LE(steady_clock::now() - returned, kBackLimit);
        EXPECT_NE(people.log_in("max@example.org", people.engines), "");
        const std::size_t before = load.acknowledged();
        EXPECT_TRUE(eventually([&] { return load.acknowledged() >= before + 50; }));
        const auto acknowledged = load.finish();
        EXPECT_THAT(load.unexpected(), testing::IsEmpty());
        expect_each_once(instance, acknowledged);
        const std::string last = kApi + "/tasks?limit=1&min_position=" + acknowledged.back().position;
        EXPECT_TRUE(eventually([&] { return ada.get(last).status == 200; }, kBackLimit));
    }
};

TEST_F(PostgresAway, AfterAnOrderlyStopEverythingIsBackWithoutARestart) {
    expect_outage_and_return([&] { cluster.stop(); }, [&] { cluster.start(); });
}

TEST_F(PostgresAway, AfterACrashEverythingIsBackWithoutARestart) {
    expect_outage_and_return([&] { cluster.kill9(); }, [&] { cluster.start(); });
}

TEST_F(PostgresAway, WhenItHangsWhatWaitsIsRefusedInTime) {
    ApiClient ada(instance, people.ada.token());
    ASSERT_TRUE(serves(ada, board));
    cluster.pause();
    // What the writer has begun is on its way to a server that does not answer, and nobody can say what
    // becomes of it. The others wait behind it.
    std::atomic<int> refused{0};
    std::atomic<int> odd{0};
    const auto ask = [&] {
        bench::HttpClient client(instance.endpoint(), kRefusalLimit + std::chrono::milliseconds(500));
        const auto asked = steady_clock::now();
        const auto answer = client.exchange(bench::write_request(
            instance.endpoint(), "POST", kApi + new_task(board),
            {"Authorization: Bearer " + people.ada.token(), "Content-Type: application/json"},
            R"({"title":"While it hangs"})"
        ));
        if (!answer) return;
        const bool in_time = steady_clock::now() - asked <= kRefusalLimit;
        ++(answer->status == 503 && in_time ? refused : odd);
    };
    ask();  // and by its end the writer has begun
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) clients.emplace_back(ask);
    clients.clear();
    EXPECT_GE(refused, kClients);
    EXPECT_EQ(odd, 0);
    EXPECT_EQ(ada.get("/livez").status, 200);
    cluster.resume();
    EXPECT_TRUE(eventually([&] { return serves(ada, board); }, std::chrono::seconds(20))) << instance.log();
}

/// A server that never answers: nothing listens there any more.
std::string closed_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
    (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
}

TEST(BrokerAway, CommandsGoOnLagShowsAndQueriesFollowFromTheLog) {
    ServedInstance instance({.kafka = closed_port(), .serves = false});
    instance.launch();
    TwoOrganizations people(instance);
    SmallBoard board(people.ada, "KAFKA");
    Load load(instance, people.ada.token(), {board.project, board.project});
    ASSERT_TRUE(eventually([&] { return load.acknowledged() >= 500; })) << "commands do not need the broker";
    const auto acknowledged = load.finish();
    EXPECT_THAT(load.unexpected(), testing::IsEmpty());
    ApiClient ada(instance, people.ada.token());
    const Answer health = ada.get("/health");
    EXPECT_EQ(health.status, 200) << "requests are served";
    EXPECT_EQ(health.text("/status"), "degraded") << health;
    EXPECT_EQ(health.text("/checks/relay/status"), "degraded") << "an operator is told: " << health;
    EXPECT_EQ(ada.get("/livez").status, 200);
    EXPECT_TRUE(eventually([&] {
        return ada.get(kApi + "/tasks?limit=1&min_position=" + acknowledged.back().position).status == 200;
    })) << "after a while the projector asks the log";
    expect_each_once(instance, acknowledged);
}

std::size_t open_descriptors(pid_t pid) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid))) {
        ++count;
    }
    return count;
}

/// Of a process, in seconds.
double processor_time(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text{std::istreambuf_iterator<char>(file), {}};
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
    return static_cast<double>(std::stoul(values.at(11)) + std::stoul(values.at(12))) /
           static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::size_t lines_with(const std::string& log, const std::string& code) {
    std::size_t count = 0;
    for (auto at = log.find(code); at != std::string::npos; at = log.find(code, at + 1)) ++count;
    return count;
}

TEST(DescriptorsExhausted, TheServerKeepsItsConnectionsSaysSoRarelyAndAcceptsAgain) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    SmallBoard board(people.ada, "FDS");
    ApiClient ada(instance, people.ada.token());
    ASSERT_TRUE(serves(ada, board));
    rlimit before{};
    ASSERT_EQ(::prlimit(instance.pid(), RLIMIT_NOFILE, nullptr, &before), 0);
    const rlimit tight{open_descriptors(instance.pid()) + kSpareDescriptors, before.rlim_max};
    ASSERT_EQ(::prlimit(instance.pid(), RLIMIT_NOFILE, &tight, nullptr), 0);
    // They are taken into the kernel's queue, where the server cannot fetch them.
    std::vector<std::unique_ptr<bench::HttpClient>> many;
    for (std::size_t i = 0; i < kSpareDescriptors + 20; ++i) {
        many.push_back(std::make_unique<bench::HttpClient>(instance.endpoint(), std::chrono::seconds(5)));
        ASSERT_TRUE(many.back()->send(bench::write_request(instance.endpoint(), "GET", "/livez", {}, "")));
    }
    ASSERT_TRUE(eventually([&] { return lines_with(instance.log(), "HTTP-e2b7") > 0; }));
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(serves(ada, board)) << "a connection that it has is served";
    const double used = processor_time(instance.pid());
    const auto from = steady_clock::now();
    ASSERT_TRUE(eventually([&] { return steady_clock::now() - from > std::chrono::seconds(2); }));
    EXPECT_LT(processor_time(instance.pid()) - used, 1.0) << "it spins";
    EXPECT_LE(lines_with(instance.log(), "HTTP-e2b7"), 2U);
    many.clear();
    ASSERT_EQ(::prlimit(instance.pid(), RLIMIT_NOFILE, &before, nullptr), 0);
    ApiClient late(instance, people.ada.token());
    EXPECT_TRUE(eventually([&] { return serves(late, board); }));
    EXPECT_EQ(instance.stop(), 0);
}

}  // namespace
}  // namespace annals::test
