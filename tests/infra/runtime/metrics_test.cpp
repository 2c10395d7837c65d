#include "infra/runtime/metrics.hpp"

#include "infra/runtime/process_metrics.hpp"

#include <gmock/gmock.h>
#include <thread>

namespace annals::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Metrics, RendersTheTextFormat) {
    Metrics metrics;
    metrics.counter("annals_http_requests_total", "Requests.", {{"route", "/api/v1/tasks"}, {"code", "200"}})
        .add(3);
    metrics.gauge("annals_db_pool_in_use", "Connections in use.").set(2);
    const auto duration = metrics.histogram("annals_append_duration_seconds", "Append.", {0.1, 0.5});
    duration.observe(0.05);
    duration.observe(0.3);
    duration.observe(9);
    EXPECT_THAT(
        metrics.render(),
        AllOf(
            HasSubstr(
                "# HELP annals_http_requests_total Requests.\n# TYPE annals_http_requests_total counter\n"
            ),
            HasSubstr("annals_http_requests_total{code=\"200\",route=\"/api/v1/tasks\"} 3\n"),
            HasSubstr("# TYPE annals_db_pool_in_use gauge\nannals_db_pool_in_use 2\n"),
            HasSubstr("annals_append_duration_seconds_bucket{le=\"0.1\"} 1\n"),
            HasSubstr("annals_append_duration_seconds_bucket{le=\"0.5\"} 2\n"),
            HasSubstr("annals_append_duration_seconds_bucket{le=\"+Inf\"} 3\n"),
            HasSubstr("annals_append_duration_seconds_count 3\n")
        )
    );
}

TEST(Metrics, GivesTheSameSeriesToAllWhoAsk) {
    Metrics metrics;
    const auto mine = metrics.counter("annals_events_appended_total", "Events.", {{"partition", "1"}});
    metrics.counter("annals_events_appended_total", "Events.", {{"partition", "1"}}).add();
    metrics.counter("annals_events_appended_total", "Events.", {{"partition", "2"}}).add(5);
    mine.add();
    EXPECT_EQ(mine.value(), 2);
    const auto gauge = metrics.gauge("annals_queue_jobs", "Jobs.");
    gauge.set(4);
    gauge.add(-1);
    EXPECT_EQ(metrics.gauge("annals_queue_jobs", "Jobs.").value(), 3);
}

TEST(Metrics, EscapesLabelValues) {
    Metrics metrics;
    metrics.counter("annals_x_total", "X.", {{"why", "a \"b\"\n\\"}}).add();
    EXPECT_THAT(metrics.render(), HasSubstr(R"(annals_x_total{why="a \"b\"\n\\"} 1)"));
}

TEST(Metrics, SharesOneSeriesAboveTheLimit) {
    Metrics metrics;
    for (std::size_t i = 0; i < 3 * kSeriesPerMetricMax; ++i) {
        metrics.counter("annals_wild_total", "Wild.", {{"value", std::to_string(i)}}).add();
    }
    const auto text = metrics.render();
    std::size_t series = 0;
    for (auto at = text.find("annals_wild_total{"); at != std::string::npos;
         at = text.find("annals_wild_total{", at + 1)) {
        ++series;
    }
    EXPECT_EQ(series, kSeriesPerMetricMax);
    const auto other =
        metrics.counter("annals_wild_total", "Wild.", {{"value", std::string{kOtherLabelValue}}});
    EXPECT_EQ(other.value(), 2 * kSeriesPerMetricMax + 1);
}

TEST(Metrics, CountsFromManyThreads) {
    Metrics metrics;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 1000; ++i) metrics.counter("annals_y_total", "Y.").add();
            });
        }
    }
    EXPECT_EQ(metrics.counter("annals_y_total", "Y.").value(), 4000);
}

TEST(Metrics, SpeaksOfTheProcess) {
    const auto usage = read_process_usage();
    ASSERT_TRUE(usage);
    EXPECT_GT(usage->resident_bytes, 1'000'000U);
    EXPECT_LT(usage->resident_bytes, 10'000'000'000U);
    EXPECT_GE(usage->threads, 1U);
    EXPECT_GE(usage->open_fds, 3U);
    EXPECT_GT(usage->started_at_s, 1.6e9);
    const auto text = Metrics{}.render();
    EXPECT_THAT(text, AllOf(HasSubstr("\nprocess_resident_memory_bytes "), HasSubstr("process_open_fds ")));
    EXPECT_THAT(text, Not(HasSubstr("\n\n")));
}

TEST(MetricsDeathTest, RefusesNamesAndUsesThatContradict) {
    Metrics metrics;
    metrics.gauge("annals_jobs", "Jobs.", {{"queue", "a"}});
    EXPECT_DEATH(metrics.counter("annals_jobs", "Jobs."), "_total");
    EXPECT_DEATH(metrics.histogram("annals_jobs", "Jobs.", {1}), "two kinds");
    EXPECT_DEATH(metrics.gauge("annals_jobs", "Jobs.", {{"pool", "a"}}), "two sets of labels");
    EXPECT_DEATH(metrics.gauge("jobs", "Jobs."), "annals_");
}

}  // namespace
}  // namespace annals::runtime
