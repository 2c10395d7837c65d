#include "tests/support/api_client.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <map>
#include <string>

namespace annals::test {
namespace {

using testing::Each;
using testing::Key;
using testing::StartsWith;

// Only the main thread keeps the process's name, and the one that ThreadSanitizer adds.
#if __has_feature(thread_sanitizer)
constexpr int kWithoutAName = 2;
#else
constexpr int kWithoutAName = 1;
#endif

/// How many threads of a process show each name, without the number within a kind. One that ends while it is
/// looked at is left out.
std::map<std::string, int> thread_names(pid_t pid) {
    std::map<std::string, int> names;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
        std::ifstream file(task.path() / "comm");
        std::string name;
        if (!std::getline(file, name)) continue;
        ++names[name.substr(0, name.find_last_not_of("-0123456789") + 1)];
    }
    return names;
}

TEST(ThreadNames, TellWhatEachThreadOfTheProcessDoes) {
    const ServedInstance instance({.flags = {"--peer-url", "auto"}});
    // Each kind of ours is there; the rest is librdkafka's.
    EXPECT_TRUE(eventually([&] { return thread_names(instance.pid())["annals"] == kWithoutAName; }));
    auto names = thread_names(instance.pid());
    for (const char* kind :
         {"http", "listener", "leases", "password", "peers", "projector", "relay", "signals", "visibility",
          "worker", "writer", "writer-watch"}) {
        EXPECT_GE(names[kind], 1) << kind << " among " << testing::PrintToString(names);
        names.erase(kind);
    }
    names.erase("annals");
    EXPECT_THAT(names, Each(Key(StartsWith("rdk:"))));
}

}  // namespace
}  // namespace annals::test
