#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::runtime {

/// Label names and values of one series. Values come from small fixed sets (route patterns, status codes):
/// never a tenant, an id or a raw path.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// A number that only rises. Handles are small values, valid as long as their Metrics; any thread.
class Counter {
public:
    void add(double amount = 1) const;
    [[nodiscard]] double value() const;

private:
    friend class Metrics;
    explicit Counter(void* series) : series_(series) {}
    void* series_;
};

/// A number that goes up and down.
class Gauge {
public:
    void set(double value) const;
    void add(double amount) const;
    [[nodiscard]] double value() const;

private:
    friend class Metrics;
    explicit Gauge(void* series) : series_(series) {}
    void* series_;
};

/// Observations counted by size.
class Histogram {
public:
    void observe(double value) const;

private:
    friend class Metrics;
    explicit Histogram(void* series) : series_(series) {}
    void* series_;
};

/// Bounds of request durations in seconds, those of OpenTelemetry's http.server.request.duration.
inline constexpr std::initializer_list<double> kDurationBucketsS = {
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
};
/// Bounds for work inside the process, from 50 us.
inline constexpr std::initializer_list<double> kShortDurationBucketsS = {
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1
};
/// Bounds for numbers of items in a batch.
inline constexpr std::initializer_list<double> kBatchSizeBuckets = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

/// Most series one name may have; what comes above shares one series whose label values are all "other".
inline constexpr std::size_t kSeriesPerMetricMax = 500;
/// The value that stands for all those above the limit.
inline constexpr std::string_view kOtherLabelValue = "other";

/// All metrics of the process. Asking for a series makes it, or finds the one of the same name and labels;
/// that takes a lock, so keep the handle where a metric is used often. Names start with annals_, counters end
/// with _total, units are base units and last. Asking for a known name as another kind or with other label
/// names is a programmer error. Any thread.
class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
    Gauge gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
    Histogram histogram(
        std::string_view name, std::string_view help, std::initializer_list<double> bucket_bounds,
        const MetricLabels& labels = {}
    );

    /// Text exposition format 0.0.4, with process_* read from /proc at this moment.
    [[nodiscard]] std::string render() const;
    static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::runtime
