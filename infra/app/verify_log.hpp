#pragma once

#include "domain/contract/event_line.hpp"
#include "infra/app/last_numbers.hpp"
#include "infra/postgres/log_scan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace annals::app {

inline constexpr std::size_t kProblemsMax = 100;  ///< told in full; the rest is counted

/// What is checked of an event together with the events before it.
struct EventNumbers {
    std::uint64_t position{0};
    StreamVersion version{0};
    std::uint64_t tenant_position{0};
    Uuid stream{};
    TenantId tenant{};
};

/// A piece of a partition of which each event was checked for itself.
struct CheckedEvents {
    struct Problem {
        std::size_t event{0};  ///< index into `numbers`
        std::string what;
    };
    std::uint16_t partition{0};
    std::vector<EventNumbers> numbers;
    std::vector<Problem> problems;  ///< in the order of the events; the first kProblemsMax
    std::uint64_t problem_count{0};
};

/// Checks events one by one: the leaf hash matches the line, each column says what the line says, and the
/// line carries the epoch that its position was appended in. For one thread; several check several pieces of
/// the log at the same time.
class EventChecker {
public:
    explicit EventChecker(const EpochHistory& history) : history_(history) {}

    void take(const pg::ScannedEvent& event, CheckedEvents& into);

private:
    void check_line(const pg::ScannedEvent& event, CheckedEvents& into);

    const EpochHistory& history_;
    contract::JsonDocument document_;
};

/// Checks what events are to each other: positions are 1..head in each partition, versions 1..n in each
/// stream, realm positions 1..n in each realm. Holds one number for each stream and realm.
class LogVerifier {
public:
    explicit LogVerifier(pg::LogOutline outline)
        : outline_(std::move(outline)), seen_(outline_.heads.size(), 0) {}

    /// Takes the pieces of the log by partition and position.
    void take(const CheckedEvents& events);
    /// Checks that every partition ended at its head, in the epoch that was raised last.
    void finish();

    [[nodiscard]] const pg::LogOutline& outline() const { return outline_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] std::uint64_t problem_count() const { return problem_count_; }
    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

private:
    void take(std::uint16_t partition, const EventNumbers& event);
    void problem(std::uint16_t partition, std::uint64_t position, const std::string& what);

    pg::LogOutline outline_;
    std::vector<std::uint64_t> seen_;
    LastNumbers versions_;
    LastNumbers tenant_positions_;
    std::uint64_t events_{0};
    std::uint64_t problem_count_{0};
    std::vector<std::string> problems_;
};

}  // namespace annals::app
