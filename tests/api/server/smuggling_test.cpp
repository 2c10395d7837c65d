#include "tests/api/server/loopback.hpp"

#include <gtest/gtest.h>

// Requests that two parsers on one way could take in two ways. Each is followed by bytes that a fooled parser
// would take for a second request: the gate must refuse the first, close, and never look at the rest.
namespace annals::server {
namespace {

using namespace std::string_literals;

constexpr std::string_view kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

struct Vector {
    std::string_view name;
    std::string bytes;
    int status = 400;
};

std::string with(std::string_view fields, std::string_view body = {}) {
    return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::vector<Vector> framing_vectors() {
    return {
        {"TE gzip then CL", with("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello")},
        {"CL then TE gzip", with("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", "hello")},
        {"TE chunked then CL", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
        {"CL then TE chunked", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"CL 0 then TE chunked", with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"TE xchunked", with("Transfer-Encoding: xchunked\r\n")},
        {"TE identity", with("Transfer-Encoding: identity\r\n")},
        {"TE identity with CL", with("Transfer-Encoding: identity\r\nContent-Length: 0\r\n")},
        {"TE chunked, identity", with("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")},
        {"TE gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
        {"TE chunked, gzip", with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")},
        {"TE chunked, chunked", with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
        {"TE chunked twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")
        },
        {"TE chunked then identity",
         with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")},
        {"TE identity then chunked",
         with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"TE empty", with("Transfer-Encoding: \r\n", "0\r\n\r\n")},
        {"TE quoted", with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
        {"TE with a parameter", with("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")},
        {"TE with a trailing comma", with("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n")},
        {"TE with a vertical tab", with(
                                       "Transfer-Encoding: \x0b"
                                       "chunked\r\n",
                                       "0\r\n\r\n"
                                   )},
        {"TE with a space before the colon", with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")},
        {"TE folded", with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
        {"TE in a folded line", with("X: y\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"TE behind a bare CR", with("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"TE behind a bare LF", with("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"chunked on HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"CL twice, different", with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")},
        {"CL twice, the same", with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
        {"CL list", with("Content-Length: 5, 5\r\n", "hello")},
        {"CL with a plus", with("Content-Length: +5\r\n", "hello")},
        {"CL negative", with("Content-Length: -5\r\n", "hello")},
        {"CL hexadecimal", with("Content-Length: 0x5\r\n", "hello")},
        {"CL with a fraction", with("Content-Length: 5.0\r\n", "hello")},
        {"CL with inner space", with("Content-Length: 5 0\r\n", "hello")},
        {"CL empty", with("Content-Length: \r\n", "hello")},
        {"CL beyond 64 bits", with("Content-Length: 18446744073709551621\r\n", "hello")},
        {"CL of nineteen digits", with("Content-Length: 9223372036854775807\r\n", "hello"), 413},
        {"CL with a space before the colon", with("Content-Length : 5\r\n", "hello")},
        {"body on GET", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"},
        {"chunked body on GET", "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"body on HEAD", "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"},
    };
}

std::vector<Vector> chunk_vectors() {
    const auto chunked = [](std::string_view body) { return with("Transfer-Encoding: chunked\r\n", body); };
    return {
        {"chunk size not hexadecimal", chunked("g\r\nhello\r\n0\r\n\r\n")},
        {"chunk size empty", chunked("\r\nhello\r\n0\r\n\r\n")},
        {"chunk size with a sign", chunked("+5\r\nhello\r\n0\r\n\r\n")},
        {"chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n")},
        {"chunk size beyond 64 bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n")},
        {"chunk size absurd", chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 413},
        {"chunk line with bare LF", chunked("5\nhello\r\n0\r\n\r\n")},
        {"chunk longer than its size", chunked("4\r\nhello\r\n0\r\n\r\n")},
        {"chunk without its line end", chunked("5\r\nhello0\r\n\r\n")},
        {"chunk extension broken", chunked("5;\r\nhello\r\n0\r\n\r\n")},
        {"chunk extension of 2 KB", chunked("5;x=" + std::string(2048, 'e') + "\r\nhello\r\n0\r\n\r\n")},
        {"chunk extension that never ends", chunked("5;x=" + std::string(20'000, 'e'))},
        {"CL in a trailer", chunked("0\r\nContent-Length: 5\r\n\r\n")},
        {"TE in a trailer", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n")},
        {"trailers of 2 KB", chunked("0\r\nX: " + std::string(2048, 't') + "\r\n\r\n")},
        {"trailer with a bare LF", chunked("0\r\nX: y\n\r\n\r\n")},
    };
}

std::vector<Vector> header_vectors() {
    return {
        {"no Host", "GET / HTTP/1.1\r\n\r\n"},
        {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
        {"the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"},
        {"Host empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
        {"Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
        {"Host with a broken port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
        {"Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"},
        {"Host folded", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"},
        {"absolute form", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"authority form", "GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"target with a fragment", "GET /#a HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"target with a space", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"target with a byte above ASCII", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"target with a NUL", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s},
        {"path with dot segments", "GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"path with an escaped slash", "GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"path with overlong UTF-8", "GET /%c0%af HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"TRACE", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405},
        {"CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 405},
        {"a method in lower case", "get / HTTP/1.1\r\nHost: h\r\n\r\n", 405},
        {"an unknown method", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 405},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
        {"HTTP/0.9", "GET /\r\n\r\n"},
        {"version in lower case", "GET / http/1.1\r\nHost: h\r\n\r\n"},
        {"version with a space", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
        {"leading empty line", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"leading space", " GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"bare LF everywhere", "GET / HTTP/1.1\nHost: h\n\n"},
        {"bare CR", "GET / HTTP/1.1\rHost: h\r\n\r\n"},
        {"bare LF at the end", "GET / HTTP/1.1\r\nHost: h\r\n\n"},
        {"NUL in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s},
        {"control character in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\x01\r\n\r\n"},
        {"field without a colon", "GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n"},
        {"field without a name", "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n"},
        {"field name with a space", "GET / HTTP/1.1\r\nHost: h\r\nX Y: z\r\n\r\n"},
        {"field name above ASCII", "GET / HTTP/1.1\r\nHost: h\r\nX\xc3\xa4: z\r\n\r\n"},
        {"Authorization twice", "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n"},
        {"Content-Type twice", with("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n")},
        {"Expect of something else", with("Expect: 200-ok\r\nContent-Length: 0\r\n"), 417},
        {"content coding", with("Content-Encoding: gzip\r\nContent-Length: 0\r\n"), 415},
        {"TLS to a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s},
    };
}

void expect_refused(const std::vector<Vector>& vectors) {
    TestServer server;
    server.start();
    for (const Vector& vector : vectors) {
        RawClient client(server.port());
        client.send(vector.bytes + std::string(kSmuggled) + std::string(kSmuggled));
        const std::optional<Answer> answer = client.read();
        expect_problem(answer, vector.status, vector.name);
        if (!answer) continue;
        EXPECT_EQ(answer->header("connection"), "close") << vector.name;
        EXPECT_FALSE(client.read()) << vector.name << ": a second answer";
        EXPECT_EQ(server.handled(), 0) << vector.name << " reached the handler as " << server.last_path();
    }
}

TEST(Smuggling, AmbiguousFramingIsRefused) {
    expect_refused(framing_vectors());
}
TEST(Smuggling, BrokenChunksAreRefused) {
    expect_refused(chunk_vectors());
}
TEST(Smuggling, BrokenHeadersAreRefused) {
    expect_refused(header_vectors());
}

TEST(Smuggling, RefusalsHoldWhenBytesComeOneByOne) {
    TestServer server;
    server.start();
    for (const Vector& vector : framing_vectors()) {
        RawClient client(server.port());
        for (const char byte : vector.bytes) {
            if (!client.send({&byte, 1})) break;
        }
        expect_problem(client.read(), vector.status, vector.name);
        EXPECT_EQ(server.handled(), 0) << vector.name;
    }
}

TEST(Smuggling, TrailersNeverBecomeHeaders) {
    TestServer server;
    server.start();
    RawClient client(server.port());
    client.send(
        with(
            "Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n",
            "5;x=y\r\nhello\r\n0\r\nAuthorization: Bearer x\r\nX-Role: admin\r\n\r\n"
        ) +
        get("/next")
    );
    const std::optional<Answer> answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_TRUE(answer->body.starts_with("POST / hello\n")) << answer->body;
    EXPECT_EQ(answer->body.find("Bearer"), std::string::npos) << answer->body;
    EXPECT_EQ(answer->body.find("admin"), std::string::npos) << answer->body;
    const std::optional<Answer> next = client.read();
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->body.starts_with("GET /next")) << next->body;
}

TEST(Smuggling, HostsOutsideTheListAreRefused) {
    ServerOptions options;
    options.allowed_hosts = {"api.example.com", "localhost:8080"};
    TestServer server(std::move(options));
    server.start();
    const auto ask = [&](std::string_view host) {
        return server.ask("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    };
    EXPECT_EQ(ask("API.example.com")->status, 200);
    EXPECT_EQ(ask("localhost:8080")->status, 200);
    for (const std::string_view host :
         {"localhost", "evil.com", "api.example.com:8080", "api.example.com.evil.com"}) {
        expect_problem(ask(host), 400, host);
    }
    expect_problem(server.ask("GET / HTTP/1.0\r\n\r\n"), 400, "HTTP/1.0 without Host");
}

}  // namespace
}  // namespace annals::server
