#pragma once

#include "domain/contract/event_line.hpp"
#include "infra/postgres/log_scan.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace annals::app {

inline constexpr std::size_t kProblemsMax = 100;  ///< told in full; the rest is counted

/// Checks the invariants of the log, event by event: positions are 1..head in each partition, versions 1..n
/// in each stream, realm positions 1..n in each realm, each leaf hash matches its line, and each column says
/// what the line says, and each line carries the epoch that its position was appended in. Holds one number
/// for each stream and realm.
class LogVerifier {
public:
    explicit LogVerifier(pg::LogOutline outline)
        : outline_(std::move(outline)), seen_(outline_.heads.size(), 0) {}

    /// Takes the events of each partition in order of position.
    void take(const EventRow& event);
    /// Checks that every partition ended at its head, in the epoch that was raised last.
    void finish();

    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] std::uint64_t problem_count() const { return problem_count_; }
    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

private:
    void problem(const EventRow& event, const std::string& what);
    void check_line(const EventRow& event);

    pg::LogOutline outline_;
    std::vector<std::uint64_t> seen_;
    std::unordered_map<Uuid, StreamVersion> versions_;
    std::unordered_map<TenantId, std::uint64_t> tenant_positions_;
    contract::JsonDocument document_;
    std::uint64_t events_{0};
    std::uint64_t problem_count_{0};
    std::vector<std::string> problems_;
};

}  // namespace annals::app
