#include "projections/kernel/projected_line.hpp"
#include "projections/kernel/projector_work.hpp"

#include <algorithm>

namespace annals {

void Projector::begin_reading() {
    unchecked_.clear();
    for (const auto& owned : owned_) {
        if (owned) unchecked_.insert(owned->partition);
    }
}

void Projector::apply(std::span<const ProjectorLine> lines) {
    for (std::size_t attempt = 1;; ++attempt) {
        try {
            apply_once(lines);
            return;
        } catch (const ProjectorFenced&) {
            ++totals_.fenced_total;
            if (attempt == kFencedRetriesMax) throw;
            load_members();
        }
    }
}

void Projector::apply_once(std::span<const ProjectorLine> lines) {
    std::vector<std::uint64_t> next(owned_.size());
    for (std::uint16_t partition = 0; partition < partitions(); ++partition) {
        if (owns(partition)) next[partition] = applied(partition) + 1;
    }
    std::vector<Decoded> ready;
    for (const ProjectorLine& line : lines) {
        if (line.partition >= owned_.size())
            throw LogDiverged(line.partition, "the log has no such partition");
        if (!owns(line.partition)) continue;
        const bool unchecked = line.kafka_offset.has_value() && unchecked_.contains(line.partition);
        if (line.position < next[line.partition] && !unchecked) {
            ++totals_.duplicates_total;
            continue;
        }
        Decoded event = decode(line);
        if (is_superseded(event)) {
            ++totals_.superseded_total;
            continue;
        }
        if (unchecked) check_against_log(line);
        if (line.position < next[line.partition]) {
            ++totals_.duplicates_total;
            continue;
        }
        if (line.position > next[line.partition]) {
            commit(ready);
            ready.clear();
            fill(line.partition, line.position - 1);
        }
        ready.push_back(std::move(event));
        next[line.partition] = line.position + 1;
    }
    commit(ready);
}

/// True when the log was restored to a point before the event, and went on in a later epoch.
bool Projector::is_superseded(const Decoded& event) {
    if (event.epoch > epoch_) load_epochs(store_.log_heads());
    return event.epoch != 0 && std::ranges::any_of(epochs_, [&](const LogEpoch& epoch) {
               return epoch.partition == event.partition && epoch.epoch > event.epoch &&
                      event.position > epoch.after;
           });
}

/// The topic may be of another log whose positions happen to fit.
void Projector::check_against_log(const ProjectorLine& line) {
    const auto logged = log_.read(line.partition, line.position - 1, 1);
    if (logged.empty() || logged.front().position != line.position || logged.front().line != line.line) {
        throw LogDiverged(
            line.partition, logged.empty()
                                ? "the topic has position " + std::to_string(line.position) +
                                      " of partition " + std::to_string(line.partition) + ", the log has not"
                                : "position " + std::to_string(line.position) + " of partition " +
                                      std::to_string(line.partition) +
                                      " is another event in the topic than in the log"
        );
    }
    unchecked_.erase(line.partition);
}

void Projector::fill(std::uint16_t partition, std::uint64_t until) {
    while (applied(partition) < until) {
        const std::uint64_t after = applied(partition);
        const auto limit = std::min<std::uint64_t>(until - after, kLogPageEvents);
        std::vector<Decoded> page;
        for (LogLine& line : log_.read(partition, after, limit)) {
            page.push_back(decode({partition, line.position, {}, std::move(line.line)}));
        }
        if (page.empty() || page.front().position != after + 1) {
            throw LogDiverged(
                partition, "a line after position " + std::to_string(until) + " of partition " +
                               std::to_string(partition) + " came from the topic, but the log ends at " +
                               std::to_string(after)
            );
        }
        commit(page);
        totals_.gap_events_total += page.size();
    }
}

std::size_t Projector::catch_up(std::uint16_t partition, std::size_t pages_max) {
    const std::uint64_t head = store_.log_heads().at(partition).position;
    std::size_t events = 0;
    for (std::size_t page = 0; page < pages_max && owns(partition); ++page) {
        std::vector<ProjectorLine> lines;
        for (LogLine& line : log_.read(partition, applied(partition), kLogPageEvents)) {
            lines.push_back({partition, line.position, {}, std::move(line.line)});
        }
        if (lines.empty() && applied(partition) < head) {
            throw std::runtime_error(
                "the log of partition " + std::to_string(partition) + " lacks what comes after position " +
                std::to_string(applied(partition)) + ", but its head is at " + std::to_string(head)
            );
        }
        if (lines.empty()) break;
        apply(lines);
        events += lines.size();
    }
    return events;
}

Projector::Decoded Projector::decode(const ProjectorLine& line) {
    auto read = read_projected_line(document_, line.line, sealer_, catalogue_);
    Decoded decoded{line.partition, line.position, line.kafka_offset, 0, {}, {}, {}, std::move(read)};
    if (decoded.event) {
        const contract::Envelope& envelope = decoded.event->envelope;
        decoded.epoch = envelope.position.epoch;
        decoded.tenant = envelope.tenant;
        decoded.stream = envelope.stream;
        decoded.type = decoded.event->event.type().name;
        const bool placed =
            envelope.position.partition == line.partition && envelope.position.number == line.position;
        if (!placed)
            decoded.event =
                std::unexpected(contract::LineFault{"misplaced", "the line names another position"});
        return decoded;
    }
    if (document_.parse(line.line)) return decoded;  // no JSON at all: neither stream nor type are known
    const auto text = [this](std::string_view name) {
        return document_.text(name).value_or(std::string_view());
    };
    const std::int64_t epoch = document_.integer("epoch").value_or(0);
    decoded.epoch = std::in_range<std::uint32_t>(epoch) ? static_cast<std::uint32_t>(epoch) : 0;
    decoded.tenant = TenantId::parse(text("tenantid")).value_or(TenantId{});
    decoded.stream = Uuid::parse(text("streamid")).value_or(Uuid{});
    decoded.type = text("type");
    return decoded;
}

}  // namespace annals
