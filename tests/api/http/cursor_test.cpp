#include "api/http/cursor.hpp"

#include "api/http/base64url.hpp"
#include "api/http/limits.hpp"

#include <gtest/gtest.h>

namespace annals::http {
namespace {

/// Stands for HMAC-SHA-256: every bit of the text moves the result, which is all the codec relies on here.
std::array<std::uint8_t, 32> keyed_sum(std::string_view text) {
    std::array<std::uint8_t, 32> sum{};
    std::uint64_t state = 0x9e3779b97f4a7c15;
    for (const char c : text) state = (state ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    for (std::uint8_t& byte : sum) {
        state = state * 6364136223846793005 + 1442695040888963407;
        byte = static_cast<std::uint8_t>(state >> 56);
    }
    return sum;
}

const CursorCodec::Scope kScope{"realm-1", "tasks?project=7&sort=created_at"};

TEST(Cursor, GivesBackTheKeysItWasMadeFrom) {
    const CursorCodec codec(keyed_sum);
    const std::vector<std::string> keys{"2026-11-20T10:00:00Z", std::string("\0\xff", 2), ""};
    const std::string cursor = codec.encode(kScope, keys);
    EXPECT_EQ(
        cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos
    );
    EXPECT_EQ(codec.decode(kScope, cursor, 3).value(), keys);
}

TEST(Cursor, IsBoundToRealmAndQuery) {
    const CursorCodec codec(keyed_sum);
    const std::vector<std::string> keys{"a"};
    const std::string cursor = codec.encode(kScope, keys);
    EXPECT_FALSE(codec.decode({"realm-2", kScope.query}, cursor, 1));
    EXPECT_FALSE(codec.decode({kScope.realm, "tasks?project=8&sort=created_at"}, cursor, 1));
    EXPECT_FALSE(codec.decode({"realm-", "1tasks?project=7&sort=created_at"}, cursor, 1));
    EXPECT_FALSE(codec.decode(kScope, cursor, 2));
}

TEST(Cursor, RefusesEveryAlteration) {
    const CursorCodec codec(keyed_sum);
    const std::vector<std::string> keys{"2026", "id"};
    const std::string cursor = codec.encode(kScope, keys);
    for (std::size_t i = 0; i < cursor.size(); ++i) {
        std::string altered = cursor;
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        const auto decoded = codec.decode(kScope, altered, 2);
        ASSERT_FALSE(decoded) << i;
        EXPECT_EQ(decoded.error().code, "CURSOR_INVALID");
        EXPECT_EQ(decoded.error().status, 400);
    }
    for (const std::string& text :
         {std::string(), cursor + "A", cursor.substr(1), cursor + "=", std::string("!"),
          std::string(kCursorCharactersMax + 1, 'A')}) {
        EXPECT_FALSE(codec.decode(kScope, text, 2)) << text;
    }
}

TEST(Base64Url, FollowsTheVectorsOfRfc4648) {
    for (const auto& [bytes, text] :
         {std::pair{"", ""},
          {"f", "Zg"},
          {"fo", "Zm8"},
          {"foo", "Zm9v"},
          {"foob", "Zm9vYg"},
          {"fooba", "Zm9vYmE"},
          {"foobar", "Zm9vYmFy"}}) {
        EXPECT_EQ(base64url_encode(bytes), text);
        EXPECT_EQ(base64url_decode(text), bytes);
    }
    for (const std::string_view bad : {"A", "Zg==", "Zh", "Zm9", "Z+", "Z/", "Zm 9"}) {
        EXPECT_EQ(base64url_decode(bad), std::nullopt) << bad;
    }
}

}  // namespace
}  // namespace annals::http
