#include "api/http/query.hpp"

#include <gtest/gtest.h>

namespace annals::http {
namespace {

TEST(Query, DecodesNamesAndValues) {
    const auto query = QueryParameters::parse("project=7&q=a+b%2Bc&verbose&empty=&eq=a=b");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->find("project"), "7");
    EXPECT_EQ(query->find("q"), "a b+c");
    EXPECT_EQ(query->find("verbose"), "");
    EXPECT_EQ(query->find("empty"), "");
    EXPECT_EQ(query->find("eq"), "a=b");
    EXPECT_EQ(query->find("Project"), std::nullopt);
    EXPECT_EQ(query->items().size(), 5);
}

TEST(Query, IsEmptyForAnEmptyText) {
    const auto query = QueryParameters::parse("");
    ASSERT_TRUE(query);
    EXPECT_TRUE(query->items().empty());
}

TEST(Query, RefusesWhatIsBroken) {
    for (const std::string_view text :
         {"a=1&a=2", "a=1&%61=2", "=1", "&", "a=1&&b=2", "a=%", "a=%4", "%zz=1", "a=%00", "a=%0d%0a", "a=%ff",
          "a=%c0%af"}) {
        const auto query = QueryParameters::parse(text);
        ASSERT_FALSE(query) << text;
        EXPECT_EQ(query.error().status, 400) << text;
    }
    std::string many;
    for (std::size_t i = 0; i < kQueryParametersMax; ++i) many += "p" + std::to_string(i) + "=&";
    many.pop_back();
    EXPECT_TRUE(QueryParameters::parse(many));
    EXPECT_FALSE(QueryParameters::parse(many + "&more="));
}

TEST(Query, NamesTheParameterAtFault) {
    const auto query = QueryParameters::parse("limit=1&limit=2");
    ASSERT_FALSE(query);
    ASSERT_EQ(query.error().errors.size(), 1);
    EXPECT_EQ(query.error().errors.front().pointer, "?limit");
}

TEST(Query, ReadsNumbersWithinTheirRange) {
    const auto query =
        QueryParameters::parse("a=1&b=200&c=201&d=-1&e=x&f=1x&g=&h=99999999999999999999&i=+1&j=0");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->number("a", 1, 200).value(), 1);
    EXPECT_EQ(query->number("b", 1, 200).value(), 200);
    EXPECT_EQ(query->number("none", 1, 200).value(), std::nullopt);
    for (const std::string_view name : {"c", "d", "e", "f", "g", "h", "i", "j"}) {
        EXPECT_FALSE(query->number(name, 1, 200)) << name;
    }
}

TEST(Query, RefusesUnknownParametersAndListsTheKnown) {
    const auto query = QueryParameters::parse("project=1&sorted=2");
    ASSERT_TRUE(query);
    EXPECT_FALSE(query->refuse_unknown({"project", "sorted"}));
    const std::optional<Problem> problem = query->refuse_unknown({"project", "sort"});
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->errors.front().pointer, "?sorted");
    EXPECT_EQ(problem->errors.front().detail, "Unknown parameter. Known are: project sort.");
}

}  // namespace
}  // namespace annals::http
