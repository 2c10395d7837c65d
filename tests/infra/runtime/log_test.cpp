#include "infra/runtime/log.hpp"

#include "domain/kernel/time.hpp"
#include "infra/runtime/clock.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/json_text.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <limits>
#include <thread>

namespace annals::runtime {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

/// Every test leaves the log as it found it.
class Log : public testing::Test {
protected:
    ~Log() override { configure_log({}); }

    std::string one_line() const {
        const auto lines = capture_.lines();
        EXPECT_THAT(lines, SizeIs(1));
        return lines.empty() ? std::string{} : lines.front();
    }

    LogCapture capture_;
};

TEST_F(Log, WritesOneJsonObjectWithItsFieldsInOrder) {
    const auto before = now();
    log(Level::warning, "HTTP-1a2b", "slow request",
        {{"request_id", "r-1"},
         {"status", 200},
         {"bytes", std::size_t{12}},
         {"duration_ms", 1.5},
         {"cached", false}});
    const auto line = one_line();
    EXPECT_THAT(line, StartsWith(R"({"ts":")"));
    EXPECT_THAT(
        line, EndsWith(R"(Z","level":"warning","code":"HTTP-1a2b","msg":"slow request","request_id":"r-1",)"
                       R"("status":200,"bytes":12,"duration_ms":1.5,"cached":false})")
    );
    const auto ts = Instant::parse(line.substr(7, 27));
    ASSERT_TRUE(ts) << line;
    EXPECT_GE(*ts, before);
    EXPECT_LE(*ts, now());
}

TEST_F(Log, EscapesWhatWouldBreakALine) {
    log(Level::info, "T-0001", "a \"quote\"\nand \\ more",
        {{"path", std::string{"/x\r\n\x1b[31m\0\x7f", 11}}});
    EXPECT_THAT(
        one_line(), EndsWith(R"("msg":"a \"quote\"\nand \\ more","path":"/x\r\n\u001b[31m\u0000\u007f"})")
    );
}

TEST_F(Log, ReplacesBytesThatAreNoUtf8) {
    log(Level::info, "T-0002", "ü\xff\xc3€\xed\xa0\x80🔑\xf4\x90\x80\x80\xc0\xaf");
    EXPECT_THAT(
        one_line(),
        HasSubstr("\"msg\":\"ü\uFFFD\uFFFD€\uFFFD\uFFFD\uFFFD🔑\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\"")
    );
}

TEST_F(Log, WritesNumbersJsonKnows) {
    log(Level::info, "T-0003", "numbers",
        {{"min", std::numeric_limits<std::int64_t>::min()},
         {"max", std::numeric_limits<std::uint64_t>::max()},
         {"nan", std::nan("")},
         {"inf", HUGE_VAL}});
    EXPECT_THAT(
        one_line(),
        EndsWith(R"("min":-9223372036854775808,"max":18446744073709551615,"nan":null,"inf":null})")
    );
}

TEST_F(Log, CutsLongTextBetweenCharacters) {
    log(Level::info, "T-0004", "x", {{"body", "x" + std::string(10'000, 'e')}, {"euro", [] {
                                                                                    std::string text;
                                                                                    for (int i = 0; i < 3000;
                                                                                         ++i)
                                                                                        text += "€";
                                                                                    return text;
                                                                                }()}});
    const auto line = one_line();
    EXPECT_LT(line.size(), 2 * kLogTextBytesMax + 200);
    EXPECT_THAT(line, Not(HasSubstr("\uFFFD")));
}

TEST_F(Log, WritesFromTheLevelInForce) {
    log(Level::debug, "T-0005", "not yet");
    EXPECT_FALSE(log_enabled(Level::debug));
    set_log_level(Level::debug);
    log(Level::debug, "T-0006", "now");
    set_log_level(Level::error);
    log(Level::warning, "T-0007", "no more");
    EXPECT_THAT(one_line(), HasSubstr("T-0006"));
}

TEST_F(Log, ShowsTextForAPersonWithoutControlCharacters) {
    configure_log({.format = LogFormat::text});
    log(Level::error, "T-0008", "broken\nline \x1b[2J", {{"user", "ada\xc2\x9b"}, {"tries", 3}});
    EXPECT_THAT(
        one_line(), EndsWith(R"(Z error   broken\x0aline \x1b[2J [T-0008] user=ada\xc2\x9b tries=3)")
    );
}

TEST_F(Log, KeepsLinesOfManyThreadsWhole) {
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([] {
                for (int i = 0; i < 250; ++i) log(Level::info, "T-0009", "message", {{"i", i}});
            });
        }
    }
    const auto lines = capture_.lines();
    EXPECT_THAT(lines, SizeIs(1000));
    EXPECT_THAT(lines, testing::Each(testing::AllOf(StartsWith("{\"ts\""), EndsWith("}"))));
}

TEST(LogFile, ReceivesLinesAndRefusesAnImpossiblePlace) {
    const auto path = std::filesystem::temp_directory_path() / ("annals-log-" + std::to_string(getpid()));
    configure_log({.file = path.string()});
    log(Level::info, "T-0010", "to a file");
    configure_log({});
    std::ifstream file(path);
    std::string line;
    EXPECT_TRUE(std::getline(file, line));
    EXPECT_THAT(line, HasSubstr("\"msg\":\"to a file\""));
    EXPECT_FALSE(std::getline(file, line));
    std::filesystem::remove(path);
    EXPECT_THROW(configure_log({.file = "/dev/null/annals.log"}), ConfigError);
}

TEST(LogLevel, IsReadFromItsName) {
    EXPECT_EQ(parse_level("warning"), Level::warning);
    EXPECT_EQ(parse_level("WARNING"), std::nullopt);
    EXPECT_EQ(parse_level(""), std::nullopt);
}

}  // namespace
}  // namespace annals::runtime
