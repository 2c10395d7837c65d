#include "infra/crypto/sha256.hpp"

#include "infra/crypto/opaque_token.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace annals::crypto {
namespace {

TEST(Sha256, GivesTheVectorsOfFips180) {
    EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(
        to_hex(sha256(std::string(1'000'000, 'a'))),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    );
}

TEST(Sha256, HashesALeafWithItsPrefix) {
    EXPECT_EQ(leaf_hash(""), sha256(std::string_view{"\0", 1}));
    EXPECT_EQ(leaf_hash("line"), sha256(std::string_view{"\0line", 5}));
    EXPECT_NE(leaf_hash("line"), sha256("line"));
}

TEST(Sha256, GivesTheHmacVectorsOfRfc4231) {
    const std::string first_key(20, '\x0b');
    EXPECT_EQ(
        to_hex(hmac_sha256(as_bytes(first_key), "Hi There")),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    EXPECT_EQ(
        to_hex(hmac_sha256(as_bytes("Jefe"), "what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    const std::string long_key(131, '\xaa');
    EXPECT_EQ(
        to_hex(hmac_sha256(as_bytes(long_key), "Test Using Larger Than Block-Size Key - Hash Key First")),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}

TEST(Sha256, IsTheSameOnEveryThread) {
    const std::string line(700, 'x');
    const auto expected = leaf_hash(line);
    std::array<Digest, 4> results{};
    {
        std::vector<std::jthread> threads;
        for (auto& result : results) {
            threads.emplace_back([&] {
                for (int i = 0; i < 1000; ++i) result = leaf_hash(line);
            });
        }
    }
    for (const auto& result : results) EXPECT_EQ(result, expected);
}

TEST(OpaqueToken, Has256BitsAndIsStoredAsItsHash) {
    const auto token = new_opaque_token();
    EXPECT_EQ(token.size(), 43U);
    EXPECT_EQ(from_base64url(token)->size(), 32U);
    EXPECT_NE(token, new_opaque_token());
    EXPECT_EQ(token_hash(token), sha256(token));
}

}  // namespace
}  // namespace annals::crypto
