#include "infra/crypto/password.hpp"

#include "infra/crypto/password_pool.hpp"

#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <latch>
#include <semaphore>

namespace annals::crypto {
namespace {

using testing::StartsWith;

constexpr std::string_view kPassword = "correct horse battery staple";
/// The same password with 19 MiB and 2 passes.
constexpr const char* kOlderParameters =
    "$argon2id$v=19$m=19456,t=2,p=1$ksaiPw0BCWsAmG9pdFrfvg$"
    "ilHeYZnwtGGEst5TfIoW76F/Cg4Ejz502HWYAzUmZ08";

TEST(Password, IsHashedAtTheParametersOfOwasp) {
    const auto phc = hash_password(kPassword);
    EXPECT_THAT(phc, StartsWith("$argon2id$v=19$m=12288,t=3,p=1$"));
    EXPECT_TRUE(verify_password(phc, kPassword));
    EXPECT_FALSE(verify_password(phc, "correct horse battery stapl"));
    EXPECT_FALSE(verify_password(phc, "correct horse battery staple "));
    EXPECT_FALSE(verify_password(phc, ""));
    EXPECT_FALSE(needs_rehash(phc));
    EXPECT_NE(hash_password(kPassword), phc) << "every hash has a salt of its own";
}

TEST(Password, CountsEveryByteOfALongOne) {
    std::string longest(kPasswordBytesMax, 'x');
    const auto phc = hash_password(longest);
    EXPECT_TRUE(verify_password(phc, longest));
    for (const std::size_t changed : {71UL, 72UL, 127UL, kPasswordBytesMax - 1}) {
        auto other = longest;
        other[changed] = 'y';
        EXPECT_FALSE(verify_password(phc, other)) << changed;
    }
    EXPECT_FALSE(verify_password(phc, longest + 'x'));
    const std::string with_nul{"nul\0byte in the middle", 22};
    EXPECT_FALSE(verify_password(hash_password(with_nul), "nul"));
}

TEST(Password, OfOlderParametersVerifiesAndAsksForARehash) {
    EXPECT_TRUE(verify_password(kOlderParameters, kPassword));
    EXPECT_TRUE(needs_rehash(kOlderParameters));
}

TEST(Password, NeverMatchesWhatIsNoPhcString) {
    for (const auto* phc :
         {"", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=12288,t=3,p=1$$"}) {
        EXPECT_FALSE(verify_password(phc, kPassword)) << phc;
        EXPECT_FALSE(verify_password(phc, "")) << phc;
    }
    EXPECT_FALSE(verify_password(std::string(5000, '$'), kPassword));
}

TEST(Password, OfAnUnknownUserCostsTheSameAndNeverMatches) {
    EXPECT_FALSE(needs_rehash(dummy_password_hash()));
    EXPECT_FALSE(verify_password(dummy_password_hash(), kPassword));
    EXPECT_EQ(&dummy_password_hash(), &dummy_password_hash());
}

TEST(PasswordPool, RefusesWhatItsQueueCannotHoldAndRunsTheRest) {
    std::atomic<std::size_t> ran{0};
    std::counting_semaphore<> gate{0};
    std::latch busy{PasswordPool::kThreadsMax};
    {
        PasswordPool pool{100};
        for (std::size_t i = 0; i < PasswordPool::kThreadsMax; ++i) {
            ASSERT_TRUE(pool.submit([&] {
                busy.count_down();
                gate.acquire();
                ++ran;
            }));
        }
        busy.wait();  // more threads than kThreadsMax would run what follows
        for (std::size_t i = 0; i < PasswordPool::kQueuedMax; ++i) ASSERT_TRUE(pool.submit([&] { ++ran; }));
        EXPECT_FALSE(pool.submit([&] { ++ran; }));
        EXPECT_EQ(ran, 0U);
        gate.release(PasswordPool::kThreadsMax);
        pool.stop();
        EXPECT_EQ(ran, PasswordPool::kThreadsMax + PasswordPool::kQueuedMax);
        EXPECT_FALSE(pool.submit([&] { ++ran; }));
    }
}

TEST(PasswordPool, HashesBesideItsCaller) {
    PasswordPool pool;
    std::promise<std::string> hashed;
    auto result = hashed.get_future();
    ASSERT_TRUE(pool.submit([promise = std::move(hashed)]() mutable {
        promise.set_value(hash_password(kPassword));
    }));
    EXPECT_TRUE(verify_password(result.get(), kPassword));
}

}  // namespace
}  // namespace annals::crypto
