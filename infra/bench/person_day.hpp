#pragma once

#include "infra/bench/ack_file.hpp"
#include "infra/bench/answers.hpp"
#include "infra/bench/ledger.hpp"
#include "infra/bench/patient_client.hpp"
#include "infra/bench/team.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::bench {

struct DaySettings {
    std::vector<Endpoint> apis{};  ///< at least one
    std::string run{};
    std::uint64_t seed{0};
    Patience patience{};
    std::chrono::microseconds interval{0};        ///< from one deed to the next, on the average; 0: no pause
    const std::atomic<bool>* stop{nullptr};       ///< no new deed is begun once it is set; may be null
    AckFile* acks{nullptr};                       ///< may be null
    std::size_t commands{0};                      ///< attempts to change something, sensible or not
    std::chrono::steady_clock::time_point end{};  ///< no new deed is begun later
};

/// "td:RUN:NUMBER;": begins every text that an attempt writes, so that it is found again in log and tables.
std::string marker_text(std::string_view run, std::uint64_t marker);

/// One person's day at the API: mostly work, and the disorder of real clients in between. Every choice
/// follows from the seed; what the others do meanwhile does not. One thread at a time.
class PersonDay {
public:
    PersonDay(const Team& team, Person& person, DaySettings settings);

    /// Does deeds until as many attempts were made as the settings say.
    void run();
    /// Creates a project that the others then find on the blackboard.
    void create_project();

    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] std::size_t attempts_made() const { return attempts_made_; }

private:
    /// A command that has not been sent yet.
    struct Draft {
        Deed deed{};
        std::string_view method{"POST"};
        std::string path{};  ///< below /api/v1/
        std::string body{};
        std::uint64_t marker{0};
        std::optional<CommandId> key{};
        std::optional<StreamVersion> if_match{};
        bool must_change{false};
        std::string content_type{"application/json"};
        std::optional<std::string> token{};  ///< instead of the person's own; empty: none
    };
    struct Habit {
        Deed deed;
        unsigned weight;
        void (PersonDay::*act)();
    };
    static const std::vector<Habit>& habits_of_writers();
    static const std::vector<Habit>& habits_of_viewers();
    const Habit& next_habit();

    // Work, in person_day.cpp.
    void create_task();
    void update_task();
    void edit_at_version();
    void move_task();
    void move_by_command_form();
    void assign_task();
    void unassign_task();
    void rename_project();
    void read_own_write();
    void read_list();

    // Disorder, in mischief.cpp.
    void stale_version();
    void repeat_same_body();
    void repeat_other_body();
    void repeat_at_once();
    void malformed_body();
    void oversized_body();
    void wrong_media_type();
    void wrong_method();
    void wrong_token();
    void foreign_id();
    void viewer_writes();
    void drop_in_request();
    void drop_before_answer();
    void resend(Draft draft);

    using Codes = std::initializer_list<std::string_view>;

    /// Whether the day goes on.
    [[nodiscard]] bool is_open() const;
    void pause();
    /// Renews the session, in a run with faults by a new login where that fails. False when it is refused.
    bool keep_session();
    void log_in_again();

    std::string bytes_of(const Draft& draft) const;
    /// Sends it, and in a run with faults again until the answer settles its fate.
    std::expected<HttpAnswer, Lost> ask(const Draft& draft, bool repeatable);
    /// Sends, counts the answer and notes the attempt. The answer when it was acknowledged.
    std::optional<CommandAnswered> send(const Draft& draft, Codes expected);
    [[nodiscard]] bool was_turned_away(const Draft& draft, const std::expected<HttpAnswer, Lost>& answer)
        const;
    void count_answer(const Draft& draft, const HttpAnswer& answer, Codes expected);
    /// Notes an attempt and what its answer says.
    std::optional<CommandAnswered> note(
        const Draft& draft, const std::expected<HttpAnswer, Lost>& answer, Codes expected
    );
    /// Sends something that must be refused, come what may.
    void send_in_vain(const Draft& draft, Codes expected);
    std::optional<HttpAnswer> read(Deed deed, const std::string& path, Codes expected);

    std::uint64_t new_marker() { return ++markers_used_ + (person_code_ << 24U); }
    CommandId new_key();
    bool in(unsigned hundred) { return chance_() % 100 < hundred; }
    std::string some_words();
    std::string with_title(std::uint64_t marker, std::string_view more = {});

    /// A new task in a known project; nothing when there is no project yet.
    std::optional<Draft> draft_task(Deed deed);
    std::optional<Draft> draft_title(Deed deed, const KnownTask& task);
    std::optional<Draft> draft_move(Deed deed, const KnownTask& task);
    void remember_task(const Draft& draft, const std::optional<CommandAnswered>& answer);

    Organization& own() const { return *team_[person_.organization]; }

    const Team& team_;
    Person& person_;
    DaySettings settings_;
    Chance chance_;
    PatientClient client_;
    std::chrono::steady_clock::time_point next_deed_{};
    Ledger ledger_;
    std::uint64_t person_code_{0};
    std::uint64_t markers_used_{0};
    std::size_t attempts_made_{0};
    std::optional<CommandAnswered> last_write_{};
    bool last_write_is_task_{false};
};

}  // namespace annals::bench
