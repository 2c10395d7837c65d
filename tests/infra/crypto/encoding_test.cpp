#include "infra/crypto/encoding.hpp"

#include "infra/crypto/random.hpp"

#include <gtest/gtest.h>

namespace annals::crypto {
namespace {

TEST(Encoding, WritesTheVectorsOfRfc4648WithoutPadding) {
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"},
    };
    for (const auto& [plain, text] : vectors) {
        EXPECT_EQ(to_base64url(as_bytes(plain)), text);
        EXPECT_EQ(from_base64url(text), plain);
    }
}

TEST(Encoding, ReadsNoSecondSpellingOfBase64url) {
    for (const auto* text :
         {"Z", "Zg==", "Zh", "Zm9", "Zm9v=", "Zm 9v", "Zm9v\n", "+/8", "Zm9vYg.",
          "\xc3\xa9"
          "aa"}) {
        EXPECT_FALSE(from_base64url(text)) << text;
    }
}

TEST(Encoding, RoundTripsEveryLength) {
    for (std::size_t length = 0; length < 200; ++length) {
        std::string bytes(length, '\0');
        random_bytes({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
        EXPECT_EQ(from_base64url(to_base64url(as_bytes(bytes))), bytes);
        EXPECT_EQ(from_hex(to_hex(as_bytes(bytes))), bytes);
    }
}

TEST(Encoding, ReadsHexOfEitherCaseOnly) {
    EXPECT_EQ(to_hex(as_bytes("\x01\xab\xff")), "01abff");
    EXPECT_EQ(from_hex("01ABff"), "\x01\xab\xff");
    for (const auto* text : {"0", "0g", "0x01", " 01", "--"}) EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Encoding, ComparesInConstantTime) {
    EXPECT_TRUE(equal_constant_time("", ""));
    EXPECT_TRUE(equal_constant_time("token", "token"));
    EXPECT_FALSE(equal_constant_time("token", "tokem"));
    EXPECT_FALSE(equal_constant_time("token", "token2"));
}

}  // namespace
}  // namespace annals::crypto
