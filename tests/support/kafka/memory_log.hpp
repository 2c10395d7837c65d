#pragma once

#include "infra/kafka/relay_log.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace annals::kafka::test {

/// The event of a position follows from seed, partition and position alone, so that a process that was
/// killed, its successor and the test that compares bytes all have the same log without sharing anything.
LogRecord seeded_record(std::uint64_t seed, std::uint16_t partition, std::uint64_t position);

/// Who leads which group, for all logs of one test.
class Leases {
public:
    bool acquire(const std::string& group, const void* owner);
    void release(const void* owner);

private:
    std::mutex mutex_;
    std::vector<std::pair<std::string, const void*>> held_;
};

/// The log in memory. Appending and failing may be asked from any thread.
class MemoryLog final : public RelayLog {
public:
    MemoryLog(std::uint64_t seed, std::uint16_t partitions, std::shared_ptr<Leases> leases = nullptr);
    ~MemoryLog() override;

    void append(std::uint16_t partition, std::uint64_t count);
    /// Takes the newest events away, as restoring an old backup does.
    void truncate(std::uint16_t partition, std::uint64_t head);
    /// Raises the epoch, as after a restore; events appended from now on carry it.
    void raise_epoch(std::uint32_t above = 0);
    /// Events appended from now on differ from those of other logs with the same seed.
    void go_on_differently() { seed_ = seed_ * 3 + 1; }
    /// Replaces the line at a position, as restoring a backup and going on differently does.
    void replace_line(std::uint16_t partition, std::uint64_t position, std::string line);
    /// The next `calls` reads throw, as a lost connection does, and the lease is gone with it.
    void fail_reads(int calls);

    LogEnd end() override;
    std::vector<LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) override;
    bool acquire_leadership(const std::string& group) override;
    void resign() noexcept override;

    /// All events of a partition.
    std::vector<LogRecord> all(std::uint16_t partition);

private:
    std::uint64_t seed_;
    std::shared_ptr<Leases> leases_;
    std::mutex mutex_;
    std::uint32_t epoch_{1};
    std::vector<std::vector<LogRecord>> partitions_;
    int failing_reads_{0};
    bool led_{false};
};

/// A log that is computed instead of stored and grows at `records_per_second` from a common instant until
/// each partition holds `records`.
class GrowingLog final : public RelayLog {
public:
    GrowingLog(
        std::uint64_t seed, std::uint16_t partitions, std::uint64_t records, double records_per_second,
        std::chrono::steady_clock::time_point start
    );

    LogEnd end() override;
    std::vector<LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) override;
    /// Grants it to everyone, as a lease that was lost without notice does: the topic must stay right all the
    /// same.
    bool acquire_leadership(const std::string&) override { return true; }
    void resign() noexcept override {}

private:
    std::uint64_t seed_;
    [[nodiscard]] std::uint64_t grown() const;

    std::uint16_t partitions_;
    std::uint64_t records_;
    double records_per_second_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace annals::kafka::test
