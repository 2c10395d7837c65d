#include "infra/postgres/listener.hpp"
#include "tests/support/pg_fixture.hpp"

#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <string>
#include <vector>

namespace annals {
namespace {

using namespace test;

/// What was heard, for a test that waits for it.
class Heard {
public:
    void add(std::string_view payload) {
        const std::lock_guard lock(mutex_);
        payloads_.emplace_back(payload);
        changed_.notify_all();
    }
    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return payloads_.size() >= count; });
    }
    std::string at(std::size_t i) {
        const std::lock_guard lock(mutex_);
        return payloads_.at(i);
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> payloads_;
};

TEST(Listener, HearsNotificationsAndSaysWhenItMayHaveMissedSome) {
    PgDatabase database;
    Heard heard;
    pg::Listener listener(database.api_dsn(), [&](std::string_view payload) { heard.add(payload); });
    ASSERT_TRUE(heard.wait_for(1));
    EXPECT_EQ(heard.at(0), "");
    database.run("notify annals_applied, '1-0-7'; notify other, 'x'; notify annals_applied, '1-1-9'");
    ASSERT_TRUE(heard.wait_for(3));
    EXPECT_EQ(heard.at(1), "1-0-7");
    EXPECT_EQ(heard.at(2), "1-1-9");

    database.run(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-listener'"
    );
    ASSERT_TRUE(heard.wait_for(4));
    EXPECT_EQ(heard.at(3), "");
    database.run("notify annals_applied, '1-0-8'");
    ASSERT_TRUE(heard.wait_for(5));
    EXPECT_EQ(heard.at(4), "1-0-8");
    listener.stop();
}

TEST(Listener, StopsWhileTheServerIsAway) {
    pg::Listener listener("host=127.0.0.1 port=1 user=nobody dbname=none", [](std::string_view) {});
    listener.stop();
}

}  // namespace
}  // namespace annals
