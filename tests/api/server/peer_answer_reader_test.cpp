#include "api/server/peer_answer_reader.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace annals::server {
namespace {

constexpr std::size_t kBodyMax = 100;

std::string answer_text(
    std::string_view body, std::string_view more = {}, std::string_view status = "200 OK"
) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nDate: now\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more) +
           "\r\n" + std::string(body);
}

void receive(InputBuffer& input, std::string_view bytes) {
    const std::span<char> room = input.prepare(bytes.size());
    std::ranges::copy(bytes, room.begin());
    input.commit(bytes.size());
}

PeerAnswerStep take(std::string_view bytes, PeerHttpAnswer& answer) {
    InputBuffer input;
    receive(input, bytes);
    return take_peer_answer(input, kBodyMax, answer);
}

TEST(PeerAnswerReader, TakesAnAnswerThatComesByteByByte) {
    const std::string text = answer_text("hello", "Connection: close\r\n");
    InputBuffer input;
    PeerHttpAnswer answer;
    for (const char byte : text.substr(0, text.size() - 1)) {
        receive(input, std::string_view(&byte, 1));
        ASSERT_EQ(take_peer_answer(input, kBodyMax, answer), PeerAnswerStep::more);
    }
    receive(input, text.substr(text.size() - 1));
    ASSERT_EQ(take_peer_answer(input, kBodyMax, answer), PeerAnswerStep::done);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(answer.closes);
    EXPECT_TRUE(input.empty());
}

TEST(PeerAnswerReader, TakesSeveralOutOfOneRead) {
    InputBuffer input;
    receive(input, answer_text("one") + answer_text("", {}, "503 Service Unavailable") + answer_text("thr"));
    PeerHttpAnswer answer;
    ASSERT_EQ(take_peer_answer(input, kBodyMax, answer), PeerAnswerStep::done);
    EXPECT_EQ(answer.body, "one");
    EXPECT_FALSE(answer.closes);
    ASSERT_EQ(take_peer_answer(input, kBodyMax, answer), PeerAnswerStep::done);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body, "");
    ASSERT_EQ(take_peer_answer(input, kBodyMax, answer), PeerAnswerStep::done);
    EXPECT_EQ(answer.body, "thr");
    EXPECT_EQ(take_peer_answer(input, kBodyMax, answer), PeerAnswerStep::more);
}

TEST(PeerAnswerReader, RefusesWhatOurServerDoesNotSend) {
    PeerHttpAnswer answer;
    for (const std::string& text :
         {std::string("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), std::string("SMTP ready\r\n\r\n"),
          std::string("HTTP/1.1 100 Continue\r\n\r\n"),
          std::string("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\n\r\n"),
          answer_text("a", "Content-Length: 2\r\n"), answer_text("", "Transfer-Encoding: chunked\r\n"),
          answer_text("", "no field\r\n"), std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
          answer_text(std::string(kBodyMax + 1, 'x')), std::string(20'000, 'x'),
          "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\nContent-Length: 0\r\n\r\n"}) {
        EXPECT_EQ(take(text, answer), PeerAnswerStep::broken) << text.substr(0, 60);
    }
    EXPECT_EQ(take(answer_text(std::string(kBodyMax, 'x')), answer), PeerAnswerStep::done);
}

}  // namespace
}  // namespace annals::server
