#include "infra/kafka/fresh_lines.hpp"

#include <new>
#include <utility>

namespace annals::kafka {
namespace {

class FreshFirstLog final : public RelayLog {
public:
    FreshFirstLog(std::unique_ptr<RelayLog> log, FreshLines& fresh) : log_(std::move(log)), fresh_(fresh) {}

    LogEnd end() override { return log_->end(); }
    std::vector<LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) override {
        auto records = fresh_.take(partition, after, limit, bytes_max);
        return records.empty() ? log_->read(partition, after, limit, bytes_max) : records;
    }
    bool acquire_leadership(const std::string& group) override {
        fresh_.close();
        if (!log_->acquire_leadership(group)) return false;
        fresh_.open();
        return true;
    }
    void resign() noexcept override {
        fresh_.close();
        log_->resign();
    }

private:
    std::unique_ptr<RelayLog> log_;
    FreshLines& fresh_;
};

}  // namespace

void FreshLines::add(std::vector<EventRow> events) noexcept {
    const std::lock_guard lock(mutex_);
    if (!open_) return;
    try {
        for (EventRow& event : events) {
            if (event.partition >= partitions_.size()) partitions_.resize(event.partition + 1U);
            bytes_ += event.line.size();
            partitions_[event.partition].push_back(std::move(event));
        }
    } catch (const std::bad_alloc&) {
        // The events are durable, and the log has them.
        return forget();
    }
    if (bytes_ > kBytesMax) forget();
}

std::vector<LogRecord> FreshLines::take(
    std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
) {
    std::vector<LogRecord> records;
    for (EventRow& event : pop(partition, after, limit, bytes_max)) {
        records.push_back(log_record(
            event.position, event.stream, event.tenant.value, event.event_id.value, std::move(event.type),
            std::move(event.line)
        ));
    }
    return records;
}

std::vector<EventRow> FreshLines::pop(
    std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
) {
    std::vector<EventRow> events;
    const std::lock_guard lock(mutex_);
    if (partition >= partitions_.size()) return events;
    std::deque<EventRow>& held = partitions_[partition];
    std::size_t bytes = 0;
    while (!held.empty() && events.size() < limit && bytes < bytes_max) {
        EventRow& first = held.front();
        const std::uint64_t next = after + 1 + events.size();
        if (first.position > next) break;
        bytes_ -= first.line.size();
        if (first.position == next) {
            bytes += first.line.size();
            events.push_back(std::move(first));
        }
        held.pop_front();
    }
    return events;
}

void FreshLines::open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
}

void FreshLines::close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    forget();
}

void FreshLines::forget() noexcept {
    partitions_.clear();
    bytes_ = 0;
}

std::unique_ptr<RelayLog> make_fresh_first_log(std::unique_ptr<RelayLog> log, FreshLines& fresh) {
    return std::make_unique<FreshFirstLog>(std::move(log), fresh);
}

}  // namespace annals::kafka
