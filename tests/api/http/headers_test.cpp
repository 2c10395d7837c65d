#include "api/http/headers.hpp"

#include "api/http/idempotency_key.hpp"
#include "api/http/limits.hpp"
#include "api/http/trace_context.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace annals::http {
namespace {

TEST(Headers, FindsNamesWithoutCase) {
    Headers headers;
    headers.add("Content-Type", "a/b");
    headers.add("X", "1");
    headers.add("x", "2");
    EXPECT_EQ(headers.find("content-type"), "a/b");
    EXPECT_EQ(headers.find("CONTENT-TYPE"), "a/b");
    EXPECT_EQ(headers.get("X"), "1");
    EXPECT_EQ(headers.count("X"), 2);
    EXPECT_EQ(headers.find("Content"), std::nullopt);
    headers.set("X", "3");
    EXPECT_EQ(headers.count("x"), 1);
    EXPECT_EQ(headers.get("x"), "3");
    headers.remove("x");
    EXPECT_EQ(headers.size(), 1);
}

TEST(Headers, NeverLetAValueSplitTheHeader) {
    Headers headers;
    for (const std::string_view value : {"a\r\nb", "a\nb", "a\rb", "\x01", "\x7f"}) {
        EXPECT_THROW(headers.add("Location", value), std::invalid_argument);
    }
    EXPECT_THROW(headers.add("Lo cation", "a"), std::invalid_argument);
    EXPECT_THROW(headers.add("", "a"), std::invalid_argument);
    EXPECT_TRUE(headers.empty());
    EXPECT_NO_THROW(headers.add("Location", "a\tb ü"));
}

TEST(TraceContext, AcceptsWhatTheStandardAccepts) {
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    EXPECT_TRUE(is_traceparent(good));
    EXPECT_TRUE(is_traceparent("cc" + good.substr(2) + "-what-the-future-brings"));
    for (const std::string& bad :
         {std::string(), good + "-more", good.substr(1), "ff" + good.substr(2), "CC" + good.substr(2),
          "cc" + good.substr(2) + "x", std::string("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
          std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
          std::string("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
          std::string("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"),
          std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g")}) {
        EXPECT_FALSE(is_traceparent(bad)) << bad;
    }
}

/// It is written into event lines, which are UTF-8, and into headers of Kafka's records.
TEST(TraceContext, RefusesOfLaterVersionsWhatIsNoPlainText) {
    const std::string good = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-";
    for (const std::string& rest :
         {std::string("a\nb"), std::string("\xff"), std::string("é"), std::string("a b"), std::string("\""),
          std::string("\\"), std::string(1000, 'a')}) {
        EXPECT_FALSE(is_traceparent(good + rest)) << rest;
    }
}

TEST(IdempotencyKey, IsTheSameQuotedAndBare) {
    for (const std::string_view value : {"8e03978e-40d5", "\"8e03978e-40d5\"", " 8e03978e-40d5 "}) {
        Request request;
        request.headers.add("Idempotency-Key", value);
        const auto key = read_idempotency_key(request);
        ASSERT_TRUE(key) << value;
        EXPECT_EQ(key->value(), "8e03978e-40d5");
    }
    Request without;
    EXPECT_EQ(read_idempotency_key(without).value(), std::nullopt);
    Request escaped;
    escaped.headers.add("Idempotency-Key", R"("a\"b\\c")");
    EXPECT_EQ(read_idempotency_key(escaped).value(), R"(a"b\c)");
}

TEST(IdempotencyKey, RefusesWhatIsNoKey) {
    const std::string longest(kIdempotencyKeyCharactersMax, 'k');
    Request request;
    request.headers.add("Idempotency-Key", longest);
    EXPECT_TRUE(read_idempotency_key(request));
    for (const std::string& value :
         {std::string(), std::string("\"\""), std::string("\"a"), std::string("\"a\"b\""), std::string("a b"),
          std::string("ä"), longest + "k", std::string(R"("a\x")"), std::string(R"("a\")")}) {
        Request bad;
        bad.headers.add("Idempotency-Key", value);
        EXPECT_FALSE(read_idempotency_key(bad)) << value;
    }
    request.headers.add("Idempotency-Key", "another");
    EXPECT_FALSE(read_idempotency_key(request));
}

}  // namespace
}  // namespace annals::http
