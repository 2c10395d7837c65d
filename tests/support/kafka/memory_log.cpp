#include "tests/support/kafka/memory_log.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <random>
#include <stdexcept>

namespace annals::kafka::test {
namespace {

Uuid seeded_uuid(std::mt19937_64& random) {
    Uuid id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
    return id;
}

}  // namespace

LogRecord seeded_record(std::uint64_t seed, std::uint16_t partition, std::uint64_t position) {
    std::mt19937_64 random(seed ^ (position * 0x9e3779b97f4a7c15ULL) ^ (std::uint64_t{partition} << 48U));
    LogRecord record;
    record.position = position;
    record.stream_id = seeded_uuid(random);
    record.tenant_id = seeded_uuid(random);
    record.event_id = seeded_uuid(random);
    record.type = "tst.Happened";
    if (random() % 2 == 0)
        record.traceparent = fmt::format("00-{:016x}{:016x}-{:016x}-01", random(), random(), random());
    std::string data;
    for (auto words = random() % 40; words > 0; --words) data += fmt::format("{:x} ", random());
    record.line = fmt::format(
        R"({{"id":"{}","position":{},"data":"{}"}})", record.event_id.to_string(), position, data
    );
    return record;
}

bool Leases::acquire(const std::string& group, const void* owner) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [held, by] : held_) {
        if (held == group) return by == owner;
    }
    held_.emplace_back(group, owner);
    return true;
}

void Leases::release(const void* owner) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(held_, [&](const auto& entry) { return entry.second == owner; });
}

MemoryLog::MemoryLog(std::uint64_t seed, std::uint16_t partitions, std::shared_ptr<Leases> leases)
    : seed_(seed),
      leases_(leases ? std::move(leases) : std::make_shared<Leases>()),
      partitions_(partitions) {}

MemoryLog::~MemoryLog() {
    leases_->release(this);
}

void MemoryLog::append(std::uint16_t partition, std::uint64_t count) {
    const std::scoped_lock lock(mutex_);
    auto& records = partitions_[partition];
    for (; count > 0; --count) {
        records.push_back(seeded_record(seed_, partition, records.size() + 1));
        records.back().epoch = epoch_;
    }
}

void MemoryLog::truncate(std::uint16_t partition, std::uint64_t head) {
    const std::scoped_lock lock(mutex_);
    partitions_[partition].resize(head);
}

void MemoryLog::raise_epoch(std::uint32_t above) {
    const std::scoped_lock lock(mutex_);
    epoch_ = std::max(epoch_, above) + 1;
}

void MemoryLog::replace_line(std::uint16_t partition, std::uint64_t position, std::string line) {
    const std::scoped_lock lock(mutex_);
    partitions_[partition][position - 1].line = std::move(line);
}

void MemoryLog::fail_reads(int calls) {
    const std::scoped_lock lock(mutex_);
    failing_reads_ = calls;
}

LogEnd MemoryLog::end() {
    const std::scoped_lock lock(mutex_);
    LogEnd end{epoch_, {}};
    for (const auto& records : partitions_) end.heads.push_back(records.size());
    return end;
}

std::vector<LogRecord> MemoryLog::read(
    std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
) {
    const std::scoped_lock lock(mutex_);
    if (failing_reads_ > 0) {
        --failing_reads_;
        leases_->release(this);
        led_ = false;
        throw std::runtime_error("connection to the log lost");
    }
    if (!led_) throw std::runtime_error("read without the lease");
    std::vector<LogRecord> found;
    std::size_t bytes = 0;
    const auto& records = partitions_[partition];
    for (auto i = after; i < records.size() && found.size() < limit && bytes < bytes_max; ++i) {
        bytes += records[i].line.size();
        found.push_back(records[i]);
    }
    return found;
}

bool MemoryLog::acquire_leadership(const std::string& group) {
    const std::scoped_lock lock(mutex_);
    led_ = leases_->acquire(group, this);
    return led_;
}

void MemoryLog::resign() noexcept {
    const std::scoped_lock lock(mutex_);
    leases_->release(this);
    led_ = false;
}

std::vector<LogRecord> MemoryLog::all(std::uint16_t partition) {
    const std::scoped_lock lock(mutex_);
    return partitions_[partition];
}

GrowingLog::GrowingLog(
    std::uint64_t seed, std::uint16_t partitions, std::uint64_t records, double records_per_second,
    std::chrono::steady_clock::time_point start
)
    : seed_(seed),
      partitions_(partitions),
      records_(records),
      records_per_second_(records_per_second),
      start_(start) {}

std::uint64_t GrowingLog::grown() const {
    const std::chrono::duration<double> age = std::chrono::steady_clock::now() - start_;
    return std::min(records_, static_cast<std::uint64_t>(age.count() * records_per_second_));
}

LogEnd GrowingLog::end() {
    return {1, std::vector<std::uint64_t>(partitions_, grown())};
}

std::vector<LogRecord> GrowingLog::read(
    std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
) {
    std::vector<LogRecord> found;
    std::size_t bytes = 0;
    const auto head = grown();
    for (auto position = after + 1; position <= head && found.size() < limit && bytes < bytes_max;
         ++position) {
        found.push_back(seeded_record(seed_, partition, position));
        bytes += found.back().line.size();
    }
    return found;
}

}  // namespace annals::kafka::test
