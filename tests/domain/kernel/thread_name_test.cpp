#include "domain/kernel/thread_name.hpp"

#include <array>
#include <gtest/gtest.h>
#include <pthread.h>
#include <string>
#include <thread>

namespace annals {
namespace {

std::string shown() {
    std::array<char, 64> name{};
    EXPECT_EQ(pthread_getname_np(pthread_self(), name.data(), name.size()), 0);
    return name.data();
}

TEST(ThreadName, IsShownAndCutToWhatTheKernelKeeps) {
    std::jthread([] {
        name_this_thread("writer");
        EXPECT_EQ(shown(), "writer");
        name_this_thread("a-name-of-20-letters");
        EXPECT_EQ(shown(), "a-name-of-20-le");
    });
}

TEST(ThreadName, KeepsTheNumberOfAKindWhole) {
    std::jthread([] {
        name_this_thread("http", 3);
        EXPECT_EQ(shown(), "http-3");
        name_this_thread("a-name-of-20-letters", 127);
        EXPECT_EQ(shown(), "a-name-of-2-127");
    });
}

TEST(ThreadName, LeavesOtherThreadsTheirs) {
    const std::string own = shown();
    std::jthread([] { name_this_thread("other"); });
    EXPECT_EQ(shown(), own);
}

}  // namespace
}  // namespace annals
