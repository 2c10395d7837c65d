#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace annals::bench {

/// What `annals bench --workload team-day` is told.
struct TeamDayOptions {
    std::uint64_t seed{1};
    std::size_t organizations{3};
    std::size_t people{20};           ///< of each organization, its owner included
    std::size_t commands{10'000};     ///< attempts to change something, of each organization
    std::uint32_t time_limit_s{300};  ///< no new attempt is begun later

    std::vector<std::string> apis{};  ///< "http://HOST:PORT" of each server of one system; at least one
    std::string dsn{};                ///< of the log; without a user the engine's role is used
    std::string kafka{};              ///< HOST:PORT
    std::string topic{"annals.events"};
    bool topic_kept{true};       ///< there is a topic to compare; brokers in memory end with their processes
    bool kafka_complete{false};  ///< the broker keeps everything, as a real one does
    std::string bootstrap_token{};  ///< empty: the instance is bootstrapped and `login` exists
    std::string login{"host@team-day.example"};
    std::string password{"a long and boring password"};

    double rate{0};  ///< attempts per second of everybody together; 0: as many as come about
    /// Servers, database and broker fail meanwhile: a client that got no answer, or 503, asks another server
    /// with the same key, and 503 is an answer to be expected. The run is directed by lines on standard
    /// input: "stop" ends the play, "reconcile" begins the reconciliation; in between whoever directs it lets
    /// the system come to rest.
    bool through_faults{false};
    std::string acks_file{};  ///< see AckFile; empty: none

    std::string json_file{};  ///< where to write the result as one JSON object; empty: nowhere
};

inline constexpr std::size_t kOrganizationsMax = 50;
inline constexpr std::size_t kPeopleMax = 200;
inline constexpr std::size_t kThreadsMax = 1'000;  ///< one for each person
inline constexpr std::size_t kCommandsMax = 1'000'000;
/// How long a run that was told to stop waits for the order to reconcile.
inline constexpr std::uint32_t kReconcileWaitS = 900;

/// Plays a working day of several organizations, with the disorder of real clients, against a running
/// instance and reconciles every answer with the log, the topic and the query API. Prints what happened.
/// 0: all agrees; 1: something does not, or the day could not be played.
int run_team_day(const TeamDayOptions& options);

}  // namespace annals::bench
