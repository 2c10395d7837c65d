#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"
#include "tests/support/eventually.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

/// Talks to brokers with librdkafka directly, so that what our own code wrote is read by other code.
namespace annals::kafka::test {

using annals::test::eventually;

/// The broker that ANNALS_TEST_KAFKA names; throws, and so fails the test, when it is not set.
BrokerAddress real_broker();

/// A seed for this run, printed once; ANNALS_SEED repeats a run.
std::uint64_t test_seed();

using Config = std::map<std::string, std::string>;

/// A topic name of its own for each test; the topic, if it came to exist on the real broker, is deleted at
/// the end.
class TestTopic {
public:
    explicit TestTopic(BrokerAddress broker);
    ~TestTopic();
    TestTopic(const TestTopic&) = delete;
    TestTopic& operator=(const TestTopic&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    void create(int partitions, const Config& config) const;
    void alter(const Config& config) const;
    /// Removes all records below `offset`.
    void delete_records(int partition, std::int64_t offset) const;

private:
    BrokerAddress broker_;
    std::string name_;
};

struct RawRecord {
    std::int64_t offset{0};
    std::string key;
    std::string value;
    std::vector<std::pair<std::string, std::string>> headers;

    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// All committed records of each partition, read from the beginning to the end by a consumer of its own.
std::vector<std::vector<RawRecord>> read_topic(
    const BrokerAddress& broker, const std::string& topic, int partitions
);

/// Waits until the partition has as many offsets, whether their transactions are committed, open or aborted.
bool wait_for_offset(
    const BrokerAddress& broker, const std::string& topic, int partition, std::int64_t offset
);

/// The offset after the last record of each partition that a reader of this isolation level gets to see.
std::vector<std::int64_t> topic_end(
    const BrokerAddress& broker, const std::string& topic, int partitions, const std::string& isolation
);

/// Somebody who reads the topic with a consumer group and commits its offsets, as of its beginning.
class OutsiderGroup {
public:
    OutsiderGroup(const BrokerAddress& broker, const std::string& topic);
    ~OutsiderGroup();
    OutsiderGroup(const OutsiderGroup&) = delete;
    OutsiderGroup& operator=(const OutsiderGroup&) = delete;

    [[nodiscard]] std::size_t seen() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Writes one record as a stranger would.
void write_raw(
    const BrokerAddress& broker, const std::string& topic, int partition, const std::string& value,
    const std::vector<std::pair<std::string, std::string>>& headers
);

/// Collects what a sink is told.
class LogCapture {
public:
    [[nodiscard]] LogSink sink();
    [[nodiscard]] bool has(std::string_view code) const;
    [[nodiscard]] std::string text() const;

private:
    struct Shared {
        std::mutex mutex;
        std::vector<std::pair<std::string, std::string>> lines;
    };
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace annals::kafka::test
