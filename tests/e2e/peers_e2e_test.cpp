#include "tests/e2e/load.hpp"
#include "tests/support/served_process.hpp"

#include <atomic>
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace annals::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;

/// The longest a command may take while the process that decides for it hangs.
constexpr std::chrono::seconds kAnswerSoon{5};

/// Clients without a key of their own, who send each command once and take what they are told.
class Keyless {
public:
    Keyless(const bench::Endpoint& endpoint, const std::string& token, const std::string& project) {
        for (int client = 0; client < 4; ++client) {
            clients_.emplace_back([=, this] { run(endpoint, token, project, client); });
        }
    }
    ~Keyless() { finish(); }
    Keyless(const Keyless&) = delete;
    Keyless& operator=(const Keyless&) = delete;

    void finish() {
        stopping_ = true;
        for (std::thread& client : clients_) client.join();
        clients_.clear();
    }
    /// Titles of what was acknowledged.
    std::set<std::string> acknowledged() {
        const std::scoped_lock lock(mutex_);
        return acknowledged_;
    }
    std::size_t count() { return acknowledged().size(); }
    std::vector<std::string> others() {
        const std::scoped_lock lock(mutex_);
        return others_;
    }
    std::chrono::milliseconds slowest() {
        const std::scoped_lock lock(mutex_);
        return slowest_;
    }

private:
    void run(
        const bench::Endpoint& endpoint, const std::string& token, const std::string& project, int client
    ) {
        ApiClient api(endpoint, token);
        for (int number = 0; !stopping_; ++number) {
            const std::string title = fmt::format("keyless-{}-{}", client, number);
            const auto asked = steady_clock::now();
            const Answer answer = api.post(
                fmt::format("{}/projects/{}/tasks", kApi, project), fmt::format(R"({{"title":"{}"}})", title)
            );
            const auto took =
                std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - asked);
            const std::scoped_lock lock(mutex_);
            slowest_ = std::max(slowest_, took);
            if (answer.status == 201) {
                acknowledged_.insert(title);
            } else {
                others_.push_back(fmt::format("{} {}", answer.status, answer.raw.body));
            }
        }
    }

    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::set<std::string> acknowledged_;
    std::vector<std::string> others_;
    std::chrono::milliseconds slowest_{0};
    std::vector<std::thread> clients_;
};

/// An instance that everything is made in, and two API processes beside it that find each other. One of the
/// two decides for the organization; commands are sent to the other one.
class PeersApart : public ::testing::Test {
protected:
    PeersApart() {
        for (int i = 0; i < 2; ++i) processes.push_back(api_process());
        for (const auto& process : processes) EXPECT_TRUE(finds(*process, 1)) << process->log();
        const double before = processes[0]->metric("annals_commands_accepted");
        create(*processes[0], "which of the two decides");
        decider = processes[0]->metric("annals_commands_accepted") > before ? 0 : 1;
    }

    std::unique_ptr<ServedProcess> api_process() {
        return std::make_unique<ServedProcess>(
            instance, "api",
            Words{"--peer-url", "auto", "--signing-key-file", instance.file("keys/signing.key")}
        );
    }
    static bool finds(const ServedProcess& process, int peers) {
        return eventually([&] {
            return process.metric("annals_peers") == peers &&
                   process.metric("annals_peers_reachable") == peers;
        });
    }
    ServedProcess& deciding() { return *processes[decider]; }
    ServedProcess& entry() { return *processes[1 - decider]; }
    Answer create(const ServedProcess& process, const std::string& title, const Words& headers = {}) {
        ApiClient api(process.endpoint(), people.ada.token());
        return api.post(
            fmt::format("{}/projects/{}/tasks", kApi, board.project),
            fmt::format(R"({{"title":"{}"}})", title), headers
        );
    }
    static double forwarded(const ServedProcess& process, const std::string& outcome) {
        return process.metric("annals_commands_forwarded_total{outcome=\"" + outcome + "\"}");
    }
    /// How often each task was created.
    std::map<std::string, int> created() {
        std::map<std::string, int> titles;
        pg::Connection connection(instance.database().owner_dsn(), pg::kMigrationSession);
        const pg::Rows rows = connection.execute(
            "select line::jsonb->'data'->>'title', count(*) from log.event where type = 'prj.TaskCreated' "
            "group by 1"
        );
        for (std::size_t i = 0; i < rows.size(); ++i)
            titles[std::string(*rows.at(i, 0))] = std::stoi(std::string(*rows.at(i, 1)));
        return titles;
    }
    void expect_each_once(const std::set<std::string>& acknowledged) {
        const auto titles = created();
        for (const auto& [title, count] : titles)
            if (title.starts_with("load") || title.starts_with("keyless")) EXPECT_EQ(count, 1) << title;
        for (const std::string& title : acknowledged)
            EXPECT_TRUE(titles.contains(title)) << title << " is lost";
        const ProgramEnd end = run_annals(instance.beside("verify"));
        EXPECT_EQ(end.exit_code, 0) << end.output << end.errors;
    }
    static std::set<std::string> titles_of(const std::vector<Load::Acknowledged>& all) {
        std::set<std::string> titles;
        for (const auto& one : all) titles.insert(one.title);
        return titles;
    }

    ServedInstance instance{{.flags = {"--access-token-ttl-s", "3600"}}};
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "ENG"};
    std::vector<std::unique_ptr<ServedProcess>> processes;
    std::size_t decider{0};
};

TEST_F(PeersApart, OneProcessDecidesWhicheverIsAsked) {
    const double here = entry().metric("annals_commands_accepted");
    const double there = deciding().metric("annals_commands_accepted");
    const double passed_on = forwarded(entry(), "answered");
    for (int i = 0; i < 10; ++i) {
        const Answer answer = create(entry(), fmt::format("task {}", i));
        ASSERT_EQ(answer.status, 201) << answer;
        EXPECT_EQ(answer.header("etag"), "\"1\"");
        EXPECT_THAT(answer.header("location"), HasSubstr(answer.text("/id")));
        ApiClient reader(entry().endpoint(), people.ada.token());
        const Answer read =
            reader.get(kApi + "/tasks/" + answer.text("/id") + "?min_position=" + answer.text("/position"));
        EXPECT_EQ(read.status, 200) << read;
        ASSERT_EQ(create(deciding(), fmt::format("other {}", i)).status, 201);
    }
    EXPECT_EQ(entry().metric("annals_commands_accepted"), here);
    EXPECT_EQ(deciding().metric("annals_commands_accepted"), there + 20);
    EXPECT_EQ(forwarded(entry(), "answered"), passed_on + 10);
    EXPECT_EQ(deciding().metric("annals_append_conflicts"), 0);
    EXPECT_THAT(entry().get("/readyz?verbose")->body, HasSubstr("[+]peers: 1 of 1 other API processes"));
    const Answer waited = create(entry(), "seen at once", {"Prefer: wait=9"});
    EXPECT_EQ(waited.header("preference-applied"), "wait=9");
}

TEST_F(PeersApart, AForgedHeaderOnlyKeepsACommandWhereItIs) {
    const double here = entry().metric("annals_commands_accepted");
    EXPECT_EQ(create(entry(), "kept here", {"Annals-Forwarded: 1"}).status, 201);
    EXPECT_EQ(entry().metric("annals_commands_accepted"), here + 1);
    ApiClient forger(deciding().endpoint(), people.ada.token());
    EXPECT_EQ(
        forger.post("/internal/commands", "c\1", {"Annals-Peer: x", "Annals-Forwarded: 1"}).status, 403
    );
    EXPECT_EQ(forger.get("/internal/commands").status, 405);
}

TEST_F(PeersApart, OrganizationsStayApart) {
    ApiClient jacq(entry().endpoint(), people.jacq.token());
    ApiClient vic(entry().endpoint(), people.vic.token());
    const double passed_on = forwarded(entry(), "answered");
    const std::string task = fmt::format("{}/tasks/{}/move", kApi, board.first_task);
    const std::string move = fmt::format(R"({{"column":"{}"}})", board.doing);
    EXPECT_EQ(vic.post(task, move).status, 403) << "a viewer moves nothing, whoever decides";
    EXPECT_GT(forwarded(entry(), "answered"), passed_on);
    EXPECT_EQ(jacq.post(task, move).status, 404) << "and of another organization nothing is there";
}

TEST_F(PeersApart, WhenTheDeciderIsKilledTheOthersGoOn) {
    Load load(instance, people.ada.token(), {board.project, board.project, board.project});
    load.move_to(entry().endpoint());
    Keyless keyless(entry().endpoint(), people.ada.token(), board.project);
    ASSERT_TRUE(eventually([&] { return load.acknowledged() >= 100 && keyless.count() >= 100; }));
    deciding().kill9();
    const std::size_t more = load.acknowledged() + 100;
    const std::size_t more_keyless = keyless.count() + 100;
    ASSERT_TRUE(eventually([&] { return load.acknowledged() >= more && keyless.count() >= more_keyless; }));
    keyless.finish();
    std::set<std::string> acknowledged = titles_of(load.finish());
    EXPECT_THAT(load.unexpected(), testing::IsEmpty());
    acknowledged.merge(keyless.acknowledged());
    EXPECT_LT(keyless.slowest(), kAnswerSoon);
    for (const std::string& other : keyless.others()) EXPECT_THAT(other, HasSubstr("503")) << other;
    expect_each_once(acknowledged);
    EXPECT_TRUE(eventually([&] { return entry().metric("annals_peers") == 0; }));
    // A new process takes its share.
    processes[decider] = api_process();
    EXPECT_TRUE(finds(entry(), 1));
}

TEST_F(PeersApart, WhenTheDeciderIsPausedNothingHappensTwice) {
    Load load(instance, people.ada.token(), {board.project, board.project, board.project});
    load.move_to(entry().endpoint());
    Keyless keyless(entry().endpoint(), people.ada.token(), board.project);
    for (int pause = 0; pause < 2; ++pause) {
        const double passed_on = forwarded(entry(), "answered");
        ASSERT_TRUE(eventually([&] { return forwarded(entry(), "answered") > passed_on + 50; }));
        deciding().signal(SIGSTOP);
        const std::size_t more = load.acknowledged() + 50;
        const std::size_t more_keyless = keyless.count() + 50;
        EXPECT_TRUE(eventually([&] { return load.acknowledged() >= more && keyless.count() >= more_keyless; })
        );
        deciding().signal(SIGCONT);
        EXPECT_TRUE(finds(entry(), 1)) << entry().log();
    }
    EXPECT_GT(forwarded(entry(), "lost"), 0);
    keyless.finish();
    std::set<std::string> acknowledged = titles_of(load.finish());
    EXPECT_THAT(load.unexpected(), testing::IsEmpty());
    acknowledged.merge(keyless.acknowledged());
    EXPECT_LT(keyless.slowest(), kAnswerSoon);
    expect_each_once(acknowledged);
}

TEST_F(PeersApart, WhenTheDeciderStopsNobodyIsRefused) {
    Keyless keyless(entry().endpoint(), people.ada.token(), board.project);
    for (int stop = 0; stop < 3; ++stop) {
        const std::size_t enough = keyless.count() + 100;
        ASSERT_TRUE(eventually([&] { return keyless.count() >= enough; }));
        EXPECT_EQ(deciding().stop(), 0) << deciding().log();
        const std::size_t more = keyless.count() + 50;
        ASSERT_TRUE(eventually([&] { return keyless.count() >= more; }));
        processes[decider] = api_process();
        EXPECT_TRUE(finds(entry(), 1));
    }
    keyless.finish();
    EXPECT_THAT(keyless.others(), testing::IsEmpty());
    expect_each_once(keyless.acknowledged());
}

TEST(Peers, AnAddressForEverybodyIsNoneThatOthersCanReach) {
    ServedInstance instance(InstanceSettings{.serves = false});
    Words words = instance.beside("serve");
    words.insert(words.end(), {"--port", "0", "--address", "0.0.0.0", "--peer-url", "auto"});
    const ProgramEnd end = run_annals(words);
    EXPECT_EQ(end.exit_code, 78) << end.errors;
    EXPECT_THAT(end.errors, HasSubstr("peer_url auto needs an --address"));
}

}  // namespace
}  // namespace annals::test
