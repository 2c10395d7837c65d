#include "infra/runtime/metrics.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/runtime/process_metrics.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <set>
#include <sstream>

namespace annals::runtime {
namespace {

using PrometheusLabels = std::map<std::string, std::string>;

enum class Kind { counter, gauge, histogram };

bool is_metric_name(std::string_view name) {
    return name.starts_with("annals_") && std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

struct Family {
    Kind kind{};
    std::set<std::string> label_names;
    std::map<PrometheusLabels, void*> series;
    void* family{nullptr};
};

std::set<std::string> names_of(const MetricLabels& labels) {
    std::set<std::string> names;
    for (const auto& [name, value] : labels) names.insert(name);
    return names;
}

PrometheusLabels bounded(const Family& family, const MetricLabels& labels) {
    PrometheusLabels wanted(labels.begin(), labels.end());
    if (family.series.contains(wanted) || family.series.size() < kSeriesPerMetricMax - 1) return wanted;
    for (auto& [name, value] : wanted) value = kOtherLabelValue;
    return wanted;
}

}  // namespace

struct Metrics::Impl {
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<std::string, Family, std::less<>> families;

    template <class Builder, class AddSeries>
    void* series(
        Kind kind, std::string_view name, std::string_view help, const MetricLabels& labels, Builder builder,
        AddSeries add_series
    ) {
        using PrometheusFamily = std::remove_reference_t<decltype(builder.Register(registry))>;
        ANNALS_ASSERT(is_metric_name(name), "metric names are annals_ and lower-case words");
        const std::scoped_lock lock(mutex);
        auto found = families.find(name);
        if (found == families.end()) {
            auto& made = builder.Name(std::string{name}).Help(std::string{help}).Register(registry);
            found = families.emplace(name, Family{kind, names_of(labels), {}, &made}).first;
        }
        auto& family = found->second;
        ANNALS_ASSERT(family.kind == kind, "one metric name is asked for as two kinds");
        ANNALS_ASSERT(
            family.label_names == names_of(labels), "one metric name is asked for with two sets of labels"
        );
        const auto wanted = bounded(family, labels);
        auto& handle = family.series[wanted];
        if (handle == nullptr) handle = &add_series(*static_cast<PrometheusFamily*>(family.family), wanted);
        return handle;
    }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, const MetricLabels& labels) {
    ANNALS_ASSERT(name.ends_with("_total"), "the name of a counter ends with _total");
    return Counter{impl_->series(
        Kind::counter, name, help, labels, prometheus::BuildCounter(),
        [](auto& family, const auto& wanted) -> auto& { return family.Add(wanted); }
    )};
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
    return Gauge{impl_->series(
        Kind::gauge, name, help, labels, prometheus::BuildGauge(),
        [](auto& family, const auto& wanted) -> auto& { return family.Add(wanted); }
    )};
}

Histogram Metrics::histogram(
    std::string_view name, std::string_view help, std::initializer_list<double> bucket_bounds,
    const MetricLabels& labels
) {
    const std::vector<double> bounds{bucket_bounds};
    ANNALS_ASSERT(std::ranges::is_sorted(bounds), "bucket bounds rise");
    return Histogram{impl_->series(
        Kind::histogram, name, help, labels, prometheus::BuildHistogram(),
        [&](auto& family, const auto& wanted) -> auto& { return family.Add(wanted, bounds); }
    )};
}

std::string Metrics::render() const {
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, impl_->registry.Collect());
    return std::move(out).str() + render_process_metrics();
}

void Counter::add(double amount) const {
    static_cast<prometheus::Counter*>(series_)->Increment(amount);
}
double Counter::value() const {
    return static_cast<prometheus::Counter*>(series_)->Value();
}
void Gauge::set(double value) const {
    static_cast<prometheus::Gauge*>(series_)->Set(value);
}
void Gauge::add(double amount) const {
    static_cast<prometheus::Gauge*>(series_)->Increment(amount);
}
double Gauge::value() const {
    return static_cast<prometheus::Gauge*>(series_)->Value();
}
void Histogram::observe(double value) const {
    static_cast<prometheus::Histogram*>(series_)->Observe(value);
}

}  // namespace annals::runtime
