#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <set>

namespace annals::test {
namespace {

constexpr int kTasks = 23;

class Lists : public testing::Test {
protected:
    void SetUp() override {
        const std::string tasks = kApi + "/projects/" + board.project + "/tasks";
        for (int i = 2; i < kTasks; ++i) {
            // Equal priorities and equal due days: the order must be whole all the same.
            const std::string body =
                fmt::format(R"({{"title":"Task {}","due":"2030-01-0{}","priority":"low"}})", i, 1 + i % 3);
            last_position = people.ada.must_post(tasks, body).text("/position");
        }
        list = kApi + "/tasks?project=" + board.project;
        ASSERT_EQ(people.ada.get(list + "&min_position=" + last_position).status, 200);
    }

    /// All keys of the list, page by page, by the cursors.
    std::vector<std::string> walk(const std::string& query) {
        std::vector<std::string> keys;
        std::string cursor;
        while (true) {
            const Json page = people.ada.must_get(query + (cursor.empty() ? "" : "&cursor=" + cursor));
            for (const Json& item : page.items("/items")) keys.push_back(item.text("/key"));
            if (page.text("/has_more") == "false") return keys;
            cursor = page.text("/next_cursor");
        }
    }

    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "LIST"};
    std::string last_position, list;
};

TEST_F(Lists, ComePageByPageWithoutGapOrRepeat) {
    for (const char* sort : {"rank", "due", "priority", "created", "updated"}) {
        for (const char* direction : {":asc", ":desc"}) {
            const std::string query = list + "&sort=" + sort + direction;
            const auto whole = walk(query + "&limit=200");
            ASSERT_EQ(std::set(whole.begin(), whole.end()).size(), std::size_t{kTasks}) << query;
            for (const char* limit : {"&limit=1", "&limit=7", "&limit=22", "&limit=23"}) {
                EXPECT_EQ(walk(query + limit), whole) << query << limit;
            }
        }
    }
}

TEST_F(Lists, LinkToTheNextPage) {
    std::string target = list + "&limit=10&sort=created:desc";
    std::size_t seen = 0;
    int pages = 0;
    while (!target.empty()) {
        const Answer page = people.ada.get(target);
        ASSERT_EQ(page.status, 200) << page;
        seen += page.json.items("/items").size();
        ++pages;
        const std::string link = page.header("link");
        EXPECT_EQ(link.empty(), page.text("/has_more") == "false");
        target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
        if (!link.empty()) EXPECT_THAT(link, testing::EndsWith(R"(>; rel="next")"));
    }
    EXPECT_EQ(seen, std::size_t{kTasks});
    EXPECT_EQ(pages, 3);
}

TEST_F(Lists, RefuseACursorThatIsNotTheirs) {
    const std::string query = list + "&limit=5&sort=created:asc";
    const std::string cursor = people.ada.must_get(query).text("/next_cursor");
    ASSERT_EQ(people.ada.get(query + "&cursor=" + cursor).status, 200);
    std::string tampered = cursor;
    tampered[cursor.size() / 2] = tampered[cursor.size() / 2] == 'A' ? 'B' : 'A';
    const std::string foreign[] = {
        query + "&cursor=" + tampered,
        query + "&cursor=" + cursor.substr(1),
        query + "&cursor=",
        query + "&cursor=" + std::string(4000, 'A'),
        query + "&priority=low&cursor=" + cursor,
        list + "&limit=5&sort=created:desc&cursor=" + cursor,
        list + "&limit=5&sort=due&cursor=" + cursor,
        kApi + "/tasks?limit=5&sort=created:asc&cursor=" + cursor,
        kApi + "/projects?sort=created:asc&cursor=" + cursor,
    };
    for (const std::string& target : foreign) {
        const Answer answer = people.ada.get(target);
        EXPECT_EQ(answer.status, 400) << target << ' ' << answer;
        EXPECT_EQ(answer.code(), "CURSOR_INVALID") << target;
    }
    const Answer other_realm = people.jacq.get(query + "&cursor=" + cursor);
    EXPECT_EQ(other_realm.code(), "CURSOR_INVALID") << other_realm;
    // Another size of page is the same list.
    EXPECT_EQ(people.ada.get(list + "&limit=3&sort=created:asc&cursor=" + cursor).status, 200);
}

TEST_F(Lists, HoldOnlyWhatTheirFiltersName) {
    struct Filter {
        std::string query;
        std::size_t found;
    };
    const Filter table[] = {
        {"&priority=low", kTasks - 2},
        {"&priority=none", 2},
        {"&due_from=2030-01-02&due_to=2030-01-02", 7},
        {"&column=" + board.todo, kTasks},
        {"&column=" + board.done, 0},
        {"&category=todo", kTasks},
        {"&q=first", 1},
        {"&q=LIST-2", 5},
        {"&q=%25", 0},
        {"&reporter=" + people.ada_id, kTasks},
        {"&assignee=" + people.max_id, 0},
    };
    for (const Filter& filter : table) {
        EXPECT_EQ(walk(list + filter.query + "&limit=200").size(), filter.found) << filter.query;
    }
}

}  // namespace
}  // namespace annals::test
