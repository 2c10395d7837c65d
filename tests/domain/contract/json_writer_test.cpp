#include "domain/contract/json_writer.hpp"

#include "domain/contract/json_reader.hpp"
#include "tests/support/sample_contract.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace annals::contract {
namespace {

using test::Everything;

std::string written(const Everything& value) {
    std::string json;
    write_json(test::everything_type(), &value, json);
    return json;
}

Everything least() {
    Everything value;
    value.title = test::text<Text<2, 20>>("ab");
    value.parts.push_back({test::text<Text<1, 10>>("c"), 1});
    return value;
}

TEST(JsonWriter, WritesFieldsInTheOrderOfDeclarationAndLeavesAbsentOnesOut) {
    EXPECT_EQ(
        R"({"flag":false,"count":0,"title":"ab","colour":"red",)"
        R"("task":"00000000-0000-0000-0000-000000000000",)"
        R"("at":"1970-01-01T00:00:00.000000Z","day":"1970-01-01","parts":[{"name":"c","quantity":1}]})",
        written(least())
    );
}

TEST(JsonWriter, WritesAClearedPatchAsNull) {
    Everything value = least();
    value.due = Patch<Date>::clear();
    value.colours = Patch(Listed<test::Colour, 0, 2>{test::Colour::for_});
    EXPECT_TRUE(written(value).ends_with(R"("due":null,"colours":["for"]})")) << written(value);
}

TEST(JsonWriter, EscapesWhatJsonDemandsAndNothingElse) {
    std::string json;
    append_json_string(json, std::string("q\" b\\ s/ n\n r\r t\t \b\f\x01\x1F \x7F é 😀\0.", 34));
    EXPECT_EQ("\"q\\\" b\\\\ s/ n\\n r\\r t\\t \\u0008\\u000c\\u0001\\u001f \x7F é 😀\\u0000.\"", json);
}

TEST(JsonWriter, WritesTheWholeRangeOfNumbers) {
    std::string json;
    append_number(json, std::numeric_limits<std::int64_t>::min());
    json += ' ';
    append_number(json, std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ("-9223372036854775808 9223372036854775807", json);
}

std::string random_text(test::Seeded& chance, std::int64_t length_max) {
    static const std::array<std::string, 8> kPieces{"a", "Z", "\"", "\\", "é", "😀", "/", "й"};
    std::string text = "x";
    for (std::int64_t i = chance.number(1, length_max - 2); i > 0; --i) text += chance.one_of(kPieces);
    return text + "x";
}

Everything random_value(test::Seeded& chance) {
    Everything value = least();
    value.flag = chance.coin();
    value.count =
        chance.number(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    value.title = test::text<Text<2, 20>>(random_text(chance, 20));
    value.colour = chance.one_of(std::array{test::Colour::red, test::Colour::green, test::Colour::for_});
    value.task = test::id<TaskId>(static_cast<std::uint64_t>(chance.number(0, 1'000'000'000)));
    value.at = Instant{chance.number(0, 4'000'000'000'000'000)};
    for (std::int64_t more = chance.number(0, 2); more > 0; --more)
        value.parts.push_back(value.parts.front());
    if (chance.coin()) value.note = test::text<Markdown<50>>(random_text(chance, 50));
    if (chance.coin()) value.small = chance.number(0, 10);
    if (chance.coin()) value.byte = static_cast<std::uint8_t>(chance.number(0, 255));
    if (chance.coin()) value.due = chance.coin() ? Patch(Date{2024, 2, 29}) : Patch<Date>::clear();
    return value;
}

TEST(JsonWriter, WritesWhatTheReaderReadsBack) {
    test::Seeded chance;
    for (int i = 0; i < 2'000; ++i) {
        const Everything value = random_value(chance);
        Everything back;
        ASSERT_TRUE(read_json(test::everything_type(), written(value), &back).empty()) << written(value);
        ASSERT_EQ(value, back) << written(value);
    }
}

}  // namespace
}  // namespace annals::contract
