#include "infra/crypto/password_policy.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>

namespace annals::crypto {
namespace {

std::optional<PasswordFault> check(std::string_view password) {
    return check_password(password, {});
}

std::string repeated(std::string_view piece, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += std::string{piece} + std::to_string(i % 10);
    return text;
}

TEST(PasswordPolicy, TakesAnyCharactersWithoutRulesOfComposition) {
    for (const auto* password :
         {"correct horse battery staple", "            tabs and spaces", "пароль-длинный-42",
          "🔑🔒🗝️ drei Schlüssel", "onlylowercaseletters"}) {
        EXPECT_EQ(check(password), std::nullopt) << password;
    }
}

TEST(PasswordPolicy, CountsCodePoints) {
    EXPECT_EQ(check("nine char"), PasswordFault::too_short);
    EXPECT_EQ(check("ten chars!"), std::nullopt);
    EXPECT_EQ(check("äöüßéèêñ"), PasswordFault::too_short) << "8 characters in 16 bytes";
    EXPECT_EQ(check("äöüßéèêñçå"), std::nullopt);
    const auto longest = repeated("é€x", 32);
    EXPECT_EQ(check(longest), std::nullopt);
    EXPECT_EQ(check(longest + "x"), PasswordFault::too_long);
    EXPECT_EQ(check(""), PasswordFault::too_short);
}

TEST(PasswordPolicy, RefusesTheMostCommonInEveryLetterCase) {
    for (const auto* password :
         {"password123", "Password123", "PASSWORD123", "qwerty12345", "basketball", "q1w2e3r4t5y6",
          "1234567890", "iloveyou123"}) {
        EXPECT_EQ(check(password), PasswordFault::common) << password;
    }
}

TEST(PasswordPolicy, RefusesPatterns) {
    for (const auto* password :
         {"zzzzzzzzzzzz", "xyxyxyxyxyxy", "xyzqxyzqxyzqx", "cdefghijklmn", "tsrqponmlkji", "rtyuiopasdfg",
          "45678901234567"}) {
        EXPECT_EQ(check(password), PasswordFault::repetitive) << password;
    }
}

TEST(PasswordPolicy, RefusesWordsAnAttackerKnowsOfThePerson) {
    const std::array<std::string_view, 3> context{"ada.lovelace@example.org", "annals", "ada"};
    const auto check_personal = [&](std::string_view password) { return check_password(password, context); };
    EXPECT_EQ(check_personal("my-Ada.Lovelace-42"), PasswordFault::personal);
    EXPECT_EQ(check_personal("ADA.LOVELACE@EXAMPLE.ORG"), PasswordFault::personal);
    EXPECT_EQ(check_personal("ANNALS-of-history"), PasswordFault::personal);
    EXPECT_EQ(check_personal("canada dry, shaken"), std::nullopt) << "words under four characters are chance";
    EXPECT_EQ(check("my-Ada.Lovelace-42"), std::nullopt);
}

TEST(PasswordPolicy, NamesEveryFault) {
    for (const auto fault :
         {PasswordFault::too_short, PasswordFault::too_long, PasswordFault::common, PasswordFault::repetitive,
          PasswordFault::personal}) {
        EXPECT_NE(password_fault_code(fault), "unknown");
        EXPECT_TRUE(password_fault_message(fault).ends_with('.'));
    }
}

}  // namespace
}  // namespace annals::crypto
