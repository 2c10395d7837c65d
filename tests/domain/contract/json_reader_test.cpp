#include "domain/contract/json_reader.hpp"

#include "tests/support/sample_contract.hpp"
#include "tests/support/values.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace annals::contract {
namespace {

using test::Everything;

/// A valid document in which one member is replaced, or one is added at the end.
class Document {
public:
    Document& with(const std::string& member, const std::string& json) {
        for (auto& [name, value] : members_) {
            if (name == member) {
                value = json;
                return *this;
            }
        }
        members_.emplace_back(member, json);
        return *this;
    }
    Document& also(const std::string& member, const std::string& json) {
        members_.emplace_back(member, json);
        return *this;
    }
    Document& without(const std::string& member) {
        std::erase_if(members_, [&](const auto& entry) { return entry.first == member; });
        return *this;
    }
    [[nodiscard]] std::string text() const {
        std::string json = "{";
        for (const auto& [name, value] : members_) {
            if (json.size() > 1) json += ',';
            json += '"' + name + "\":" + value;
        }
        return json + "}";
    }

private:
    std::vector<std::pair<std::string, std::string>> members_{
        {"flag", "true"},
        {"count", "-7"},
        {"title", "\" Lathe \""},
        {"colour", "\"for\""},
        {"task", "\"00000000-0000-7000-8000-000000000007\""},
        {"at", "\"2026-03-01T12:00:00Z\""},
        {"day", "\"2026-03-01\""},
        {"parts", R"([{"name":"bolt","quantity":4}])"},
    };
};

std::vector<std::string> faults_of(const std::string& json) {
    Everything value;
    std::vector<std::string> found;
    for (const FieldFault& fault : read_json(test::everything_type(), json, &value)) {
        EXPECT_FALSE(fault.detail.empty()) << fault.code << " explains itself";
        found.push_back(fault.pointer + " " + fault.code);
    }
    return found;
}

using Faults = std::vector<std::string>;

TEST(JsonReader, ReadsEveryKindOfField) {
    Everything value;
    const auto json = Document()
                          .with("note", "\"two\\nlines\"")
                          .with("small", "10")
                          .with("byte", "255")
                          .with("email", "\"Ada@Example.org\"")
                          .with("raw", R"({ "any" : [1, 2.5, null] })")
                          .with("due", "null")
                          .with("colours", R"(["red","green"])")
                          .text();
    ASSERT_TRUE(read_json(test::everything_type(), json, &value).empty());
    EXPECT_TRUE(value.flag);
    EXPECT_EQ(-7, value.count);
    EXPECT_EQ("Lathe", value.title.str());
    EXPECT_EQ(test::Colour::for_, value.colour);
    EXPECT_EQ(test::id<TaskId>(7), value.task);
    EXPECT_EQ(test::instant("2026-03-01T12:00:00Z"), value.at);
    EXPECT_EQ(test::date("2026-03-01"), value.day);
    ASSERT_EQ(1U, value.parts.size());
    EXPECT_EQ("bolt", value.parts[0].name.str());
    EXPECT_EQ(4, value.parts[0].quantity.value);
    EXPECT_EQ("two\nlines", value.note->str());
    EXPECT_EQ(10, value.small->value);
    EXPECT_EQ(255, *value.byte);
    EXPECT_EQ("ada@example.org", value.email->str());
    EXPECT_EQ(R"({"any":[1,2.5,null]})", *value.raw);
    EXPECT_EQ(Patch<Date>::clear(), value.due);
    EXPECT_EQ(2U, value.colours.value->size());
}

TEST(JsonReader, TellsAbsentNullAndAValueApartInPatches) {
    Everything absent;
    ASSERT_TRUE(read_json(test::everything_type(), Document().text(), &absent).empty());
    EXPECT_FALSE(absent.due.present);
    EXPECT_FALSE(absent.note);
    Everything set;
    const auto json = Document().with("due", "\"2026-03-02\"").with("note", "null").text();
    ASSERT_TRUE(read_json(test::everything_type(), json, &set).empty());
    EXPECT_EQ(Patch(test::date("2026-03-02")), set.due);
    EXPECT_FALSE(set.note) << "null is no note";
}

struct FaultCase {
    std::string name;
    std::string json;
    std::string fault;
};

void PrintTo(const FaultCase& a_case, std::ostream* out) {
    *out << a_case.json.substr(0, 200);
}

class JsonReaderFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(JsonReaderFaults, AreFoundWithTheirPointer) {
    EXPECT_EQ(Faults{GetParam().fault}, faults_of(GetParam().json));
}

FaultCase with(
    const std::string& name, const std::string& member, const std::string& json, const std::string& fault
) {
    return {name, Document().with(member, json).text(), fault};
}

INSTANTIATE_TEST_SUITE_P(
    Fields, JsonReaderFaults,
    testing::Values(
        with("UnknownField", "zzz", "1", "/zzz unknown_field"),
        with(
            "UnknownFieldInside", "parts", R"([{"name":"a","quantity":1,"b":2}])", "/parts/0/b unknown_field"
        ),
        with("UnknownFieldEscaped", "a~/b", "1", "/a~0~1b unknown_field"),
        FaultCase{"Duplicate", Document().also("count", "1").text(), "/count duplicate_field"},
        with(
            "DuplicateInside", "parts", R"([{"name":"a","quantity":1,"name":"b"}])",
            "/parts/0/name duplicate_field"
        ),
        FaultCase{"Missing", Document().without("title").text(), "/title missing"},
        FaultCase{"MissingList", Document().without("parts").text(), "/parts missing"},
        with("MissingInside", "parts", R"([{"name":"a"}])", "/parts/0/quantity missing"),
        with("NullForARequiredField", "title", "null", "/title wrong_type"),
        with("TextForABoolean", "flag", "\"true\"", "/flag wrong_type"),
        with("NumberForABoolean", "flag", "1", "/flag wrong_type"),
        with("TextForANumber", "count", "\"1\"", "/count wrong_type"),
        with("FractionForANumber", "count", "1.0", "/count wrong_type"),
        with("ExponentForANumber", "count", "1e3", "/count wrong_type"),
        with("NumberForAText", "title", "5", "/title wrong_type"),
        with("ObjectForAList", "parts", "{}", "/parts wrong_type"),
        with("ListForAnObject", "parts", "[[]]", "/parts/0 wrong_type"),
        with("NumberForAnEnumerator", "colour", "0", "/colour wrong_type"),
        with("UnknownEnumerator", "colour", "\"blue\"", "/colour not_one_of"),
        with("EnumeratorAsInCpp", "colour", "\"for_\"", "/colour not_one_of"),
        with("EnumeratorInCapitals", "colour", "\"Red\"", "/colour not_one_of"),
        with("EnumeratorInAPatch", "colours", R"(["red","blue"])", "/colours/1 not_one_of"),
        with("BelowRange", "small", "-1", "/small out_of_range"),
        with("AboveRange", "small", "11", "/small out_of_range"),
        with("AboveItsType", "byte", "256", "/byte out_of_range"),
        with("BeyondSignedRange", "count", "9223372036854775808", "/count out_of_range"),
        with("RangeInside", "parts", R"([{"name":"a","quantity":0}])", "/parts/0/quantity out_of_range"),
        with("TooShort", "title", "\" a \"", "/title too_short"),
        with("TooLong", "title", "\"123456789012345678901\"", "/title too_long"),
        with("ControlCharacter", "title", R"("a\u0007b")", "/title control_character"),
        with("LineFeedInALine", "title", R"("a\nb")", "/title control_character"),
        with("NulCharacter", "title", R"("a\u0000b")", "/title control_character"),
        with("BadId", "task", "\"7\"", "/task bad_format"),
        with("BadInstant", "at", "\"2026-03-01\"", "/at bad_format"),
        with("BadDate", "day", "\"2026-02-30\"", "/day bad_format"),
        with("BadDateInAPatch", "due", "\"tomorrow\"", "/due bad_format"),
        with("BadEmail", "email", "\"nobody\"", "/email bad_format"),
        with("TooFew", "parts", "[]", "/parts too_few"),
        with("TooMany", "parts", "[1,2,3,4]", "/parts too_many"),
        with("TooManyInAPatch", "colours", R"(["red","red","red"])", "/colours too_many"),
        FaultCase{"ListAsDocument", "[]", " wrong_type"}, FaultCase{"TextAsDocument", "\"x\"", " wrong_type"},
        FaultCase{"NullAsDocument", "null", " wrong_type"}
    ),
    [](const auto& info) { return info.param.name; }
);

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

INSTANTIATE_TEST_SUITE_P(
    Documents, JsonReaderFaults,
    testing::Values(
        FaultCase{"Empty", "", " empty"}, FaultCase{"Blank", " \n\t ", " empty"},
        FaultCase{"ByteOrderMark", "\xEF\xBB\xBF" + Document().text(), " malformed_json"},
        FaultCase{"TrailingText", Document().text() + "x", " malformed_json"},
        FaultCase{"SecondDocument", Document().text() + "{}", " malformed_json"},
        FaultCase{"Unfinished", Document().text().substr(0, 40), " malformed_json"},
        FaultCase{"TrailingComma", R"({"flag":true,})", " malformed_json"},
        FaultCase{"SingleQuotes", "{'flag':true}", " malformed_json"},
        FaultCase{"Comment", R"({"flag":true/*x*/})", " malformed_json"},
        FaultCase{"NotANumber", R"({"count":NaN})", " malformed_json"},
        FaultCase{"LeadingZero", R"({"count":01})", " malformed_json"},
        FaultCase{"RawControlCharacter", "{\"title\":\"a\nb\"}", " malformed_json"},
        FaultCase{"LoneSurrogate", R"({"title":"\ud800"})", " malformed_json"},
        FaultCase{"InvalidUtf8", "{\"title\":\"a\xFF\"}", " invalid_utf8"},
        FaultCase{"Overlong", "{\"title\":\"\xC0\xAF\"}", " invalid_utf8"},
        FaultCase{"TooDeep", nested(kJsonDepthMax + 1), " too_deep"},
        FaultCase{"FarTooDeep", nested(100'000), " too_deep"}
    ),
    [](const auto& info) { return info.param.name; }
);

TEST(JsonReader, TellsAllFaultsAtOnceUpToALimit) {
    const auto several = Document().with("small", "11").with("zzz", "1").without("title").text();
    EXPECT_EQ((Faults{"/small out_of_range", "/zzz unknown_field", "/title missing"}), faults_of(several));
    Document many;
    for (int i = 0; i < 200; ++i) many.also("x" + std::to_string(i), "1");
    EXPECT_EQ(kFaultsMax, faults_of(many.text()).size());
}

TEST(JsonReader, PassesOverWhatNewerBinariesStored) {
    JsonDocument document;
    ASSERT_FALSE(document.parse(Document().with("zzz", "1").with("small", "11").text()));
    Everything value;
    EXPECT_TRUE(document.read(test::everything_type(), &value, ReadMode::stored).empty());
    EXPECT_EQ(11, value.small->value) << "a limit that became narrower does not matter for what is stored";
}

TEST(JsonReader, UsesItsMemoryAgainAfterAnyDocument) {
    JsonDocument document;
    for (const std::string& bad :
         {std::string(), nested(100), std::string("{\"a\":\"\xFF\"}"), std::string("{")}) {
        EXPECT_TRUE(document.parse(bad));
        EXPECT_FALSE(document.parse(Document().text()));
        Everything value;
        EXPECT_TRUE(document.read(test::everything_type(), &value, ReadMode::strict).empty());
    }
}

TEST(JsonReader, FindsMembersByAListOfNames) {
    JsonDocument document;
    const std::array<std::string_view, 5> names{"a", "b", "absent", "c", "d"};
    for (const char* json :
         {R"({"a":"1","b":2,"c":null,"d":"4"})", R"({"d":"4","x":9,"c":null,"b":2,"y":{"a":3},"a":"1"})"}) {
        ASSERT_FALSE(document.parse(json));
        EXPECT_EQ(std::nullopt, document.find(names)) << json;
        EXPECT_EQ("1", document.text(0));
        EXPECT_EQ(std::nullopt, document.integer(0));
        EXPECT_EQ(2, document.integer(1));
        EXPECT_EQ(std::nullopt, document.text(1));
        EXPECT_EQ(std::nullopt, document.text(2));
        EXPECT_EQ(std::nullopt, document.text(3));
        EXPECT_EQ("4", document.text(4));
    }
    ASSERT_FALSE(document.parse(R"({"d":1,"a":2,"x":3,"x":4,"d":5})"));
    EXPECT_EQ(4U, document.find(names)) << "a name that nobody asked for may stand there twice";
    ASSERT_FALSE(document.parse("[\"a\"]"));
    EXPECT_EQ(std::nullopt, document.find(names));
    EXPECT_EQ(std::nullopt, document.text(0)) << "nothing is left of the document before";
}

TEST(JsonReader, ReadsDocumentsOfAnyLength) {
    for (const std::size_t length : {1UL, 63UL, 64UL, 65UL, 4'095UL, 4'096UL, 4'097UL, 1'000'000UL}) {
        const std::string json = Document().with("raw", '"' + std::string(length, 'x') + '"').text();
        Everything value;
        ASSERT_TRUE(read_json(test::everything_type(), json, &value).empty()) << length;
        EXPECT_EQ(length + 2, value.raw->size());
    }
}

}  // namespace
}  // namespace annals::contract
