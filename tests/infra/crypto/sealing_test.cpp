#include "infra/crypto/sealing.hpp"

#include "infra/crypto/blind_index.hpp"
#include "infra/crypto/encoding.hpp"
#include "infra/crypto/random.hpp"
#include "infra/crypto/sha256.hpp"
#include "infra/crypto/subject_keys.hpp"
#include "infra/crypto/system_cryptography.hpp"

#include <gtest/gtest.h>
#include <set>

namespace annals::crypto {
namespace {

constexpr std::string_view kPlace = "tenant|stream|identity.UserRegistered|email";

TEST(Sealing, OpensWhatItSealed) {
    const auto key = Key::generate();
    for (const std::size_t length : {0UL, 1UL, 15UL, 60UL, 10'000UL}) {
        const std::string plain(length, 'p');
        const auto sealed = seal(plain, key, kPlace);
        EXPECT_EQ(
            sealed.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos
        );
        EXPECT_EQ(seal_bytes(plain, key, kPlace).size(), length + 57);
        EXPECT_EQ(open(sealed, key, kPlace), plain);
    }
}

TEST(Sealing, NeverGivesTheSameTextTwice) {
    const auto key = Key::generate();
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(seal("ada@example.org", key, kPlace)).second);
}

TEST(Sealing, ShowsNothingThatTwoValuesOfOneKeyHaveInCommon) {
    const auto key = Key::generate();
    const auto first = seal_bytes("same", key, kPlace);
    const auto second = seal_bytes("same", key, kPlace);
    EXPECT_NE(first.substr(1, 16), second.substr(1, 16))
        << "the key check would link the values of one person";
}

TEST(Sealing, RefusesAnotherKeyByItsKeyCheck) {
    const auto sealed = seal("secret", Key::generate(), kPlace);
    EXPECT_EQ(open(sealed, Key::generate(), kPlace).error(), OpenFault::wrong_key);
}

TEST(Sealing, RefusesAValueThatWasMoved) {
    const auto key = Key::generate();
    const auto sealed = seal("secret", key, kPlace);
    EXPECT_EQ(open(sealed, key, "tenant|stream|identity.UserRegistered|name").error(), OpenFault::tampered);
    EXPECT_EQ(open(sealed, key, "").error(), OpenFault::tampered);
}

TEST(Sealing, RefusesEveryFlippedBit) {
    const auto key = Key::generate();
    const auto sealed = seal_bytes("secret", key, kPlace);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto changed = sealed;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(open_bytes(changed, key, kPlace)) << "bit " << bit;
    }
}

TEST(Sealing, RefusesEveryCutAndExtension) {
    const auto key = Key::generate();
    const auto sealed = seal_bytes("secret", key, kPlace);
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        EXPECT_FALSE(open_bytes(std::string_view{sealed}.substr(0, length), key, kPlace)) << length;
    }
    EXPECT_FALSE(open_bytes(sealed + '\0', key, kPlace));
    for (const auto* text : {"", "AQ", "not base64url!", "=", "AAAA"}) {
        EXPECT_EQ(open(text, key, kPlace).error(), OpenFault::malformed) << text;
    }
}

TEST(SubjectKeys, UnwrapsForTheSameSubjectOnly) {
    const SubjectKeys keys{Key::generate()};
    const auto subject = uuid7();
    const auto data_key = SubjectKeys::generate();
    const auto wrapped = keys.wrap(data_key, subject);
    EXPECT_EQ(wrapped.size(), 89U);
    EXPECT_EQ(keys.unwrap(wrapped, subject), data_key);
    EXPECT_EQ(keys.unwrap(wrapped, uuid7()).error(), OpenFault::tampered);
    EXPECT_EQ(keys.unwrap("", subject).error(), OpenFault::malformed);
    const SubjectKeys of_another_master{Key::generate()};
    EXPECT_EQ(of_another_master.unwrap(wrapped, subject).error(), OpenFault::wrong_key);
}

TEST(BlindIndex, IsEqualForEqualValuesOfOneScopeAndKey) {
    const BlindIndex index{Key{std::array<std::uint8_t, 32>{}}};
    const auto email = index.compute("identity.email", "ada@example.org");
    EXPECT_EQ(email.size(), 43U);
    EXPECT_EQ(index.compute("identity.email", "ada@example.org"), email);
    EXPECT_NE(index.compute("identity.email", "bob@example.org"), email);
    EXPECT_NE(index.compute("identity.login", "ada@example.org"), email);
    EXPECT_NE(BlindIndex{Key::generate()}.compute("identity.email", "ada@example.org"), email);
    EXPECT_NE(index.compute("ab", "c"), index.compute("a", "bc"));
    // Reservations in the log hold these; a change here would let one address register twice.
    EXPECT_EQ(email, "3CLOlSZWK4x6IpR53q8L7kyDl7p8t6bU_SNS7NbAgFg");
}

TEST(SystemCryptography, ServesTheCommandSide) {
    SystemCryptography crypto{MasterKey{Key::generate()}};
    const auto subject = uuid7();
    const auto key = crypto.new_subject_key();
    const auto wrapped = crypto.wrap(subject, key);
    EXPECT_EQ(crypto.unwrap(subject, wrapped), key);
    EXPECT_EQ(crypto.open(key, kPlace, crypto.seal(key, kPlace, "Ada")), "Ada");
    EXPECT_EQ(crypto.open(crypto.new_subject_key(), kPlace, crypto.seal(key, kPlace, "Ada")), std::nullopt);
    EXPECT_EQ(crypto.open(key, "elsewhere", crypto.seal(key, kPlace, "Ada")), std::nullopt);
    SystemCryptography of_another_master{MasterKey{Key::generate()}};
    EXPECT_THROW(of_another_master.unwrap(subject, wrapped), ForeignMasterKey);
    EXPECT_THROW(crypto.unwrap(uuid7(), wrapped), std::runtime_error);
    EXPECT_NE(crypto.blind_index("s", "v"), of_another_master.blind_index("s", "v"));
    EXPECT_EQ(crypto.leaf_hash("l"), leaf_hash("l"));
    EXPECT_EQ(crypto.sha256("l"), sha256("l"));
}

}  // namespace
}  // namespace annals::crypto
