#include "domain/kernel/text.hpp"

#include "domain/kernel/money.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>
#include <string>

namespace annals {
namespace {

using Line = Text<2, 5>;
using Page = Markdown<10>;

template <class T>
std::string fault_of(std::string_view raw) {
    const auto parsed = T::parse(raw);
    return parsed ? "none: " + parsed->str() : std::string(text_fault_code(parsed.error()));
}

TEST(Text, IsTrimmedAtBothEnds) {
    EXPECT_EQ("ab", test::text<Line>(" \t ab\r\n").str());
    EXPECT_EQ("a b", test::text<Line>("a b").str());
    EXPECT_EQ("too_short", fault_of<Line>("      "));
}

TEST(Text, CountsCodePointsNotBytes) {
    EXPECT_EQ("дятел", test::text<Line>("дятел").str());
    EXPECT_EQ("too_long", fault_of<Line>("дятлів"));
    EXPECT_EQ("too_short", fault_of<Line>("д"));
    EXPECT_EQ("😀😀", test::text<Line>("😀😀").str());
}

TEST(Text, IsComposedSoThatTextsThatLookAlikeAreAlike) {
    EXPECT_EQ("é!", test::text<Line>("e\xCC\x81!").str());
    EXPECT_EQ(test::text<Line>("и\xCC\x86!"), test::text<Line>("й!"));
    // Six code points as they were sent, five as they are kept.
    EXPECT_EQ(
        "éabcd", test::text<Line>("e\xCC\x81"
                                  "abcd")
                     .str()
    );
}

TEST(Text, HasNoControlCharacters) {
    for (const std::string bad :
         {"a\x01"
          "b",
          "a\nb", "a\tb",
          "a\x7F"
          "b",
          "a\xC2\x85"
          "b",
          "a\xE2\x80\xA8"
          "b"}) {
        EXPECT_EQ("control_character", fault_of<Line>(bad)) << testing::PrintToString(bad);
    }
    EXPECT_EQ("control_character", fault_of<Line>(std::string("a\0b", 3)));
    EXPECT_EQ("none: a\nb\tc", fault_of<Page>("a\nb\tc")) << "pages have lines";
    EXPECT_EQ("control_character", fault_of<Page>("a\x1B[0m"));
    EXPECT_EQ("control_character", fault_of<Page>("a\rb"));
}

TEST(Text, RefusesWhatIsNotUtf8) {
    for (const char* bad :
         {"a\xFF", "a\xC3(", "\xE2\x82", "\xED\xA0\x80 a", "\xC0\xAF", "\xF5\x80\x80\x80"}) {
        EXPECT_EQ("bad_format", fault_of<Line>(bad)) << testing::PrintToString(bad);
    }
}

TEST(Slug, IsLowerCaseWithSingleDashesInside) {
    for (const char* good : {"ab", "a-b", "acme-2", "0x", "a1-b2-c3"}) EXPECT_TRUE(Slug::parse(good)) << good;
    for (const char* bad : {"a", "-a", "a-", "a--b", "Ab", "a_b", "a b", "дім", ""})
        EXPECT_FALSE(Slug::parse(bad)) << bad;
    EXPECT_TRUE(Slug::parse(std::string(40, 'a')));
    EXPECT_FALSE(Slug::parse(std::string(41, 'a')));
}

TEST(Email, IsLowerCased) {
    EXPECT_EQ("ada.l+x@example.org", test::text<Email>(" Ada.L+x@Example.ORG ").str());
}

TEST(Email, HasTheShapeThatFormsAccept) {
    for (const char* good : {"a@b", "a@b.c", "o'brien@mail.example.org", "x@123.example"}) {
        EXPECT_TRUE(Email::parse(good)) << good;
    }
    for (const char* bad :
         {"", "ab", "@b", "a@", "a@@b", "a b@c", "a@-b", "a@b-", "a@b..c", "a@.b", "a@b.", "a@бю"}) {
        EXPECT_FALSE(Email::parse(bad)) << bad;
    }
    EXPECT_FALSE(Email::parse(std::string(65, 'a') + "@b"));
    EXPECT_FALSE(Email::parse("a@" + std::string(260, 'b')));
}

TEST(ProjectKey, IsUpperCase) {
    for (const char* good : {"WS", "A1", "ABCDEFGHIJ"}) EXPECT_TRUE(ProjectKey::parse(good)) << good;
    for (const char* bad : {"", "W", "1A", "ws", "W-S", "ABCDEFGHIJK"})
        EXPECT_FALSE(ProjectKey::parse(bad)) << bad;
}

TEST(Currency, IsThreeUpperCaseLetters) {
    EXPECT_TRUE(Currency::parse("UAH"));
    for (const char* bad : {"", "UA", "uah", "UAHH", "U1H"}) EXPECT_FALSE(Currency::parse(bad)) << bad;
}

TEST(Secret, IsTakenAsItIs) {
    EXPECT_EQ("  e\xCC\x81\n", Secret::parse("  e\xCC\x81\n")->str());
    EXPECT_FALSE(Secret::parse(""));
    EXPECT_FALSE(Secret::parse(std::string(513, 'x')));
    EXPECT_FALSE(Secret::parse("\xFF"));
}

}  // namespace
}  // namespace annals
