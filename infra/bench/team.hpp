#pragma once

#include "domain/kernel/ids.hpp"
#include "infra/bench/http_client.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace annals::bench {

using Chance = std::mt19937_64;

/// How long a client waits for one answer.
inline constexpr std::chrono::milliseconds kAnswerWait{15'000};
/// An access token is renewed this long before it expires.
inline constexpr std::chrono::seconds kRenewBefore{10};

/// Somebody of an organization, with a connection of their own.
struct Person {
    std::size_t organization{0};
    std::size_t number{0};  ///< within the organization, from 0: its owner
    std::string role{};
    std::string email{};
    std::string password{};
    UserId user{};
    std::string access_token{};
    std::string refresh_token{};
    std::chrono::steady_clock::time_point expires_at{};
    std::string spent_token{};                         ///< the access token before this one, if any ...
    std::chrono::steady_clock::time_point spent_at{};  ///< ... which expires then

    [[nodiscard]] bool may_write() const { return role != "viewer"; }
    [[nodiscard]] bool may_manage() const { return role == "owner" || role == "admin" || role == "manager"; }
};

struct KnownTask {
    Uuid id{};
    std::size_t project{0};  ///< index
    StreamVersion version{0};
};
struct KnownProject {
    Uuid id{};
    std::vector<Uuid> columns{};
};

/// What the people of an organization know of its projects and tasks. Thread-safe.
class Blackboard {
public:
    void add_project(KnownProject project);
    void add_task(KnownTask task);
    /// A version somebody saw; earlier ones change nothing.
    void saw(const Uuid& task, StreamVersion version);

    /// Any of them; the tasks changed last far more often, so that people meet. Nothing when there is none.
    std::optional<KnownTask> some_task(Chance& chance) const;
    std::optional<KnownProject> project(std::size_t index) const;
    std::optional<std::size_t> some_project(Chance& chance) const;
    /// The number of the next project, for its key.
    std::size_t next_project();

private:
    static constexpr std::size_t kHotTasks = 8;

    mutable std::mutex mutex_;
    std::vector<KnownProject> projects_;
    std::vector<KnownTask> tasks_;
    std::deque<std::size_t> hot_;
    std::size_t project_numbers_{1};
};

struct Organization {
    std::string name{};
    TenantId id{};
    std::vector<Person> people{};
    Blackboard known{};
};

struct TeamSettings {
    std::vector<Endpoint> apis{};  ///< servers of one system; at least one
    std::string run{};  ///< tells this run's people and texts from those of other runs on the same instance
    std::size_t organizations{3};
    std::size_t people{20};
    std::string bootstrap_token{};  ///< empty when somebody else has bootstrapped
    std::string login{};            ///< somebody who may invite; the person bootstrap makes
    std::string password{};
};

using Team = std::vector<std::unique_ptr<Organization>>;

/// Founds the organizations and lets everybody join by invitation and log in. Throws std::runtime_error with
/// the answer that was not expected.
Team found_team(const TeamSettings& settings);

/// Logs in to act in an organization. Throws std::runtime_error.
void log_in(HttpClient& client, Person& person, std::optional<TenantId> organization);
/// Renews the tokens when they are about to expire. False when that was refused.
bool keep_logged_in(HttpClient& client, Person& person);

}  // namespace annals::bench
