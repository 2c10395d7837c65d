#include "api/http/compression.hpp"

#include "api/http/limits.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace annals::http {
namespace {

std::string gunzip(std::string_view text) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string input(text);
    std::string out(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

Response answer(std::string_view accept_encoding, Response response) {
    Request request;
    if (!accept_encoding.empty()) request.headers.add("Accept-Encoding", accept_encoding);
    compress(request, response);
    return response;
}

Response large() {
    Response response = json_response(200, std::string(4000, 'a'));
    response.headers.add("ETag", "\"7\"");
    return response;
}

TEST(Compression, ReadsAcceptEncoding) {
    for (const std::string_view value :
         {"gzip", "GZIP", "deflate, gzip;q=0.5", "*", "br, *;q=0.1", "x-gzip", "gzip;q=1.000"}) {
        EXPECT_TRUE(accepts_gzip(value)) << value;
    }
    for (const std::string_view value :
         {"", "br", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "*, gzip;q=0", "gzipped"}) {
        EXPECT_FALSE(accepts_gzip(value)) << value;
    }
}

TEST(Compression, MakesAnotherRepresentationWithItsOwnTag) {
    const Response response = answer("gzip", large());
    EXPECT_EQ(response.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(response.headers.get("ETag"), "\"7-gzip\"");
    EXPECT_EQ(response.headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(gunzip(response.body), std::string(4000, 'a'));
    EXPECT_EQ(gunzip(gzip("again")), "again");
}

TEST(Compression, LeavesBodiesAloneThatMustNotOrNeedNot) {
    const Response unwanted = answer("", large());
    EXPECT_FALSE(unwanted.headers.has("Content-Encoding"));
    EXPECT_EQ(unwanted.headers.get("ETag"), "\"7\"");
    EXPECT_EQ(unwanted.headers.get("Vary"), "Accept-Encoding");

    Response small = answer("gzip", json_response(200, std::string(kCompressedBodyBytesMin - 1, 'a')));
    EXPECT_FALSE(small.headers.has("Content-Encoding"));
    EXPECT_FALSE(small.headers.has("Vary"));
    small = answer("gzip", json_response(200, std::string(kCompressedBodyBytesMin, 'a')));
    EXPECT_TRUE(small.headers.has("Content-Encoding"));

    Response secret = large();
    secret.compressible = false;
    EXPECT_FALSE(answer("gzip", std::move(secret)).headers.has("Content-Encoding"));
    Response binary = large();
    binary.content_type = "application/octet-stream";
    EXPECT_FALSE(answer("gzip", std::move(binary)).headers.has("Content-Encoding"));
    Response ready = large();
    ready.headers.add("Content-Encoding", "br");
    EXPECT_EQ(answer("gzip", std::move(ready)).headers.count("Content-Encoding"), 1);
}

}  // namespace
}  // namespace annals::http
