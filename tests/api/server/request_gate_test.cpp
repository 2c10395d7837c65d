#include "api/server/request_gate.hpp"

#include "api/server/input_buffer.hpp"
#include "api/server/request_reader.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace annals::server {
namespace {

using State = HeaderScanner::State;

constexpr std::string_view kHeader = "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";

TEST(HeaderScanner, FindsTheEndHoweverTheBytesArrive) {
    const http::Limits limits;
    const std::string text = std::string(kHeader) + "body";
    for (std::size_t cut = 0; cut <= kHeader.size(); ++cut) {
        HeaderScanner scanner(limits);
        const State first = scanner.scan(std::string_view(text).substr(0, cut));
        EXPECT_EQ(first, cut == kHeader.size() ? State::complete : State::incomplete) << cut;
        if (first == State::incomplete) EXPECT_EQ(scanner.scan(text), State::complete) << cut;
        EXPECT_EQ(scanner.header_size(), kHeader.size());
    }
}

TEST(HeaderScanner, RefusesAtTheByteThatBreaksTheRule) {
    const http::Limits limits;
    for (const std::string_view text :
         {"\r\n", "\n", "GET /\n", "GET / HTTP/1.1\r\n folded", "GET /\x01\r\n"}) {
        HeaderScanner scanner(limits);
        const State state = scanner.scan(text);
        // A folded line is seen when it ends.
        EXPECT_EQ(state == State::refused ? state : scanner.scan(std::string(text) + "\r\n"), State::refused)
            << text;
        EXPECT_EQ(scanner.refusal().code, "BAD_REQUEST");
    }
}

TEST(HeaderScanner, HoldsEachLimitExactly) {
    http::Limits limits;
    limits.request_line_bytes_max = 20;
    limits.header_bytes_max = 40;
    limits.header_fields_max = 3;
    const auto scan = [&](const std::string& text) {
        HeaderScanner scanner(limits);
        return scanner.scan(text) == State::refused ? std::string(scanner.refusal().code) : std::string("ok");
    };
    const std::string line = "GET /34567 HTTP/1.1x";
    EXPECT_EQ(scan(line + "\r\n\r\n"), "ok");
    EXPECT_EQ(scan(line + "x\r\n\r\n"), "URI_TOO_LONG");
    EXPECT_EQ(scan(std::string(22, 'x')), "ok");
    EXPECT_EQ(scan(std::string(23, 'x')), "URI_TOO_LONG");
    EXPECT_EQ(scan("GET /\r\nA: " + std::string(35, 'x') + "\r\n\r\n"), "ok");
    EXPECT_EQ(scan("GET /\r\nA: " + std::string(36, 'x') + "\r\n\r\n"), "HEADERS_TOO_LARGE");
    EXPECT_EQ(scan("GET /\r\nA: " + std::string(60, 'x')), "HEADERS_TOO_LARGE");
    EXPECT_EQ(scan("GET /\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), "ok");
    EXPECT_EQ(scan("GET /\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"), "HEADERS_TOO_LARGE");
}

TEST(RequestGate, AcceptsHostsAsTheyAreWritten) {
    for (const std::string_view host :
         {"h", "a.b-c.de", "a_b", "localhost:8080", "127.0.0.1", "[::1]", "[::1]:80", "H:65535"}) {
        http::Headers fields;
        fields.add("Host", host);
        EXPECT_FALSE(check_header({"GET", "/", 11, &fields}, {})) << host;
    }
    for (const std::string_view host :
         {"", ":80", "[::1", "[::1]x", "[g]", "h:123456", "a b", "a?b", "a%41"}) {
        http::Headers fields;
        fields.add("Host", host);
        EXPECT_TRUE(check_header({"GET", "/", 11, &fields}, {})) << host;
    }
    const http::Headers none;
    EXPECT_FALSE(check_header({"GET", "/", 10, &none}, {}));
}

TEST(InputBuffer, KeepsTheTextWhileItMovesAndGrows) {
    InputBuffer buffer;
    std::string expected;
    for (int round = 0; round < 2000; ++round) {
        const std::string piece(
            static_cast<std::size_t>(round % 97) + 1, static_cast<char>('a' + round % 26)
        );
        const std::span<char> space = buffer.prepare(piece.size());
        ASSERT_GE(space.size(), piece.size());
        std::ranges::copy(piece, space.begin());
        buffer.commit(piece.size());
        expected += piece;
        const std::size_t used = expected.size() / 3;
        buffer.consume(used);
        expected.erase(0, used);
        ASSERT_EQ(buffer.text(), expected);
    }
    buffer.consume(buffer.size());
    buffer.release_spare();
    EXPECT_TRUE(buffer.empty());
}

// Found by the fuzzer: Beast asserts that the end of a chunked body does not come in such small pieces.
TEST(RequestReader, TakesAChunkedBodyThatComesByteByByte) {
    const std::string header = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body : {"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "1;x=y\r\na\r\n0\r\nT: v\r\n\r\n"}) {
        const ServerOptions options;
        http::Request request;
        RequestReader reader(options, request);
        InputBuffer input;
        const auto send = [&](std::string_view bytes) {
            std::ranges::copy(bytes, input.prepare(bytes.size()).begin());
            input.commit(bytes.size());
        };
        send(header);
        ASSERT_EQ(reader.read_header(input, header.size()), RequestReader::Step::done);
        for (const char& byte : body) {
            ASSERT_EQ(reader.read_body(input), RequestReader::Step::more) << body;
            send({&byte, 1});
        }
        EXPECT_EQ(reader.read_body(input), RequestReader::Step::done) << body;
        EXPECT_TRUE(input.empty());
    }
}

// Found by the fuzzer: another reader takes the line feed for the end of the chunk's line.
TEST(RequestReader, RefusesALineFeedInsideAQuotedChunkExtension) {
    const std::string header = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body : {"3;a=\"d\n\"\r\nabc\r\n0\r\n\r\n", "1\r\na\r\n0;a=\"\n\"\r\n\r\n"}) {
        const ServerOptions options;
        http::Request request;
        RequestReader reader(options, request);
        InputBuffer input;
        const std::string bytes = header + body;
        std::ranges::copy(bytes, input.prepare(bytes.size()).begin());
        input.commit(bytes.size());
        ASSERT_EQ(reader.read_header(input, header.size()), RequestReader::Step::done);
        EXPECT_EQ(reader.read_body(input), RequestReader::Step::refused);
        EXPECT_EQ(reader.refusal().code, "BAD_REQUEST");
    }
}

}  // namespace
}  // namespace annals::server
