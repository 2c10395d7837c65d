#include "infra/bench/reconciliation.hpp"

#include <array>
#include <fmt/format.h>
#include <unordered_set>

namespace annals::bench {
namespace {

class AnswerCheck {
public:
    AnswerCheck(const DayLog& log, Findings& findings) : log_(log), findings_(findings) {}

    void check(const Attempt& attempt) {
        if (attempt.marker != 0) known_.insert(attempt.marker);
        const std::uint64_t texts = written(attempt.marker);
        const std::uint64_t events = attempt.command_id ? log_.events_of(*attempt.command_id) : 0;
        if (attempt.fate == Fate::acknowledged) return check_acknowledged(attempt, texts, events);
        const std::uint64_t allowed = attempt.fate == Fate::refused ? 0 : 1;
        if (texts > allowed) {
            say(over(attempt), attempt,
                fmt::format("text {} stands in the log {} times", attempt.marker, texts));
        }
        if (events > allowed) {
            say(over(attempt), attempt,
                fmt::format("command {} wrote {} events", attempt.command_id->to_string(), events));
        }
    }

    /// Texts that no attempt of anybody wrote.
    void check_strangers() {
        for (const auto& [marker, positions] : log_.markers()) {
            if (!known_.contains(marker))
                findings_.add(Breach::diverged, fmt::format("log: text {} comes from no attempt", marker));
        }
    }

private:
    void check_acknowledged(const Attempt& attempt, std::uint64_t texts, std::uint64_t events) {
        const std::string place = attempt.position.to_string();
        const auto* entry = log_.at(attempt.position.partition, attempt.position.number);
        if (entry == nullptr) return say(Breach::lost, attempt, place + " is not in the log");
        const bool same = entry->stream == attempt.id && entry->version == attempt.version;
        // A command that changes nothing answers with the version that is, at the head of that moment.
        if (attempt.must_change && !same) {
            say(Breach::lost, attempt,
                fmt::format("{} holds version {} of {}", place, entry->version, entry->stream.to_string()));
        }
        if (attempt.command_id && events > 1)
            say(Breach::repeated, attempt, fmt::format("the command at {} wrote {} events", place, events));
        if (attempt.command_id && events == 1 && entry->command != *attempt.command_id) {
            say(Breach::diverged, attempt, place + " was written by another command");
        }
        if (attempt.marker != 0 && texts != 1) {
            say(texts == 0 ? Breach::lost : Breach::repeated, attempt,
                fmt::format("text {} of {} stands in the log {} times", attempt.marker, place, texts));
        }
        const auto stream = log_.streams().find(attempt.id);
        if (stream == log_.streams().end() || stream->second.version < attempt.version) {
            say(Breach::lost, attempt,
                fmt::format("{} never reached version {}", attempt.id.to_string(), attempt.version));
        }
    }

    std::uint64_t written(std::uint64_t marker) const {
        const auto found = log_.markers().find(marker);
        return marker == 0 || found == log_.markers().end() ? 0 : found->second.size();
    }

    /// Of something that stands there more often than its fate allows.
    static Breach over(const Attempt& attempt) {
        return attempt.fate == Fate::refused ? Breach::diverged : Breach::repeated;
    }

    void say(Breach breach, const Attempt& attempt, const std::string& what) {
        static constexpr std::array<std::string_view, 3> kFates{
            "acknowledged", "refused", "without an answer"
        };
        findings_.add(
            breach, fmt::format(
                        "answers: {} ({}): {}", to_string(attempt.deed),
                        kFates[static_cast<std::size_t>(attempt.fate)], what
                    )
        );
    }

    const DayLog& log_;
    Findings& findings_;
    std::unordered_set<std::uint64_t> known_;
};

}  // namespace

void check_answers(const Ledger& ledger, const DayLog& log, Findings& findings) {
    AnswerCheck check(log, findings);
    for (const Attempt& attempt : ledger.attempts) check.check(attempt);
    check.check_strangers();
}

}  // namespace annals::bench
