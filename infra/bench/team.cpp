#include "infra/bench/team.hpp"

#include "infra/bench/answers.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <functional>
#include <stdexcept>
#include <thread>

namespace annals::bench {
namespace {

/// Passwords are hashed slowly on purpose; more at once would only wait.
constexpr std::size_t kJoinThreads = 4;

HttpAnswer must(
    HttpClient& client, std::string_view method, const std::string& path, const std::string& token,
    const std::string& body, int status
) {
    std::vector<std::string> headers{"Content-Type: application/json"};
    if (!token.empty()) headers.push_back("Authorization: Bearer " + token);
    auto answer = client.exchange(write_request(client.endpoint(), method, "/api/v1/" + path, headers, body));
    if (!answer) {
        throw std::runtime_error(fmt::format("{} {}: no answer ({})", method, path, to_string(answer.error()))
        );
    }
    if (answer->status != status) {
        throw std::runtime_error(fmt::format(
            "{} {} answered {} instead of {}: {}", method, path, answer->status, status, answer->body
        ));
    }
    return std::move(*answer);
}

void take_tokens(Person& person, std::string_view body) {
    person.spent_token = person.access_token;
    person.spent_at = person.expires_at;
    person.access_token = read_text(body, "access_token");
    person.refresh_token = read_text(body, "refresh_token");
    const auto lifetime = read_integer(body, "expires_in").value_or(0);
    person.expires_at = std::chrono::steady_clock::now() + std::chrono::seconds(lifetime);
}

std::string role_of(std::size_t number) {
    if (number == 0) return "owner";
    if (number == 1) return "admin";
    if (number == 2) return "manager";
    return number % 8 == 3 ? "viewer" : "member";
}

/// The person who invites the owners: made by bootstrap, or there since an earlier run.
struct Host {
    Person person{};
    TenantId organization{};
};

/// An instance that was bootstrapped before, by an earlier day, is as good.
void bootstrap(HttpClient& client, const std::string& body) {
    const auto answer = client.exchange(write_request(
        client.endpoint(), "POST", "/api/v1/bootstrap", {"Content-Type: application/json"}, body
    ));
    if (answer && (answer->status == 201 || read_problem_code(answer->body) == "ALREADY_BOOTSTRAPPED"))
        return;
    throw std::runtime_error(
        "bootstrap answered " + (answer ? answer->body : std::string(to_string(answer.error())))
    );
}

Host find_host(HttpClient& client, const TeamSettings& settings) {
    Host host;
    host.person.email = settings.login;
    host.person.password = settings.password;
    if (!settings.bootstrap_token.empty()) {
        const std::string body = fmt::format(
            R"({{"token":"{}","email":"{}","password":"{}","display_name":"Team day host",)"
            R"("organization":{{"name":"Team day host","slug":"team-day-host"}}}})",
            settings.bootstrap_token, settings.login, settings.password
        );
        bootstrap(client, body);
    }
    log_in(client, host.person, std::nullopt);
    const HttpAnswer me = must(client, "GET", "auth/me", host.person.access_token, "", 200);
    const auto organization = TenantId::parse(read_text(me.body, "tenant"));
    if (!organization) throw std::runtime_error(settings.login + " belongs to no organization");
    host.organization = *organization;
    return host;
}

void join(HttpClient& client, const Person& inviter, TenantId organization, Person& person) {
    const std::string invited = fmt::format(
        R"({{"email":"{}","roles":["{}"]}})", person.email, person.number == 0 ? "viewer" : person.role
    );
    const HttpAnswer invitation = must(
        client, "POST", "orgs/" + organization.to_string() + "/invitations", inviter.access_token, invited,
        201
    );
    const std::string accepted = fmt::format(
        R"({{"token":"{}","password":"{}","display_name":"{} {}"}})", read_text(invitation.body, "token"),
        person.password, person.role, person.number
    );
    const HttpAnswer joined = must(client, "POST", "invitations/accept", "", accepted, 201);
    const auto user = UserId::parse(read_text(joined.body, "user_id"));
    if (!user) throw std::runtime_error("invitations/accept names no user_id: " + joined.body);
    person.user = *user;
    log_in(client, person, organization);
}

/// The owner joins the host's organization, founds one and goes over to it.
void found(HttpClient& client, const TeamSettings& settings, const Host& host, Organization& organization) {
    Person& owner = organization.people.front();
    join(client, host.person, host.organization, owner);
    const std::string slug = fmt::format("td-{}-{}", settings.run, owner.organization);
    const HttpAnswer founded = must(
        client, "POST", "orgs", owner.access_token,
        fmt::format(R"({{"name":"{}","slug":"{}"}})", organization.name, slug), 201
    );
    const auto answer = read_command_answer(founded.body);
    if (!answer) throw std::runtime_error("orgs answers no command's answer: " + founded.body);
    organization.id = TenantId{answer->id};
    (void)must(
        client, "GET",
        "orgs/" + organization.id.to_string() + "?min_position=" + answer->position.to_string(),
        owner.access_token, "", 200
    );
    log_in(client, owner, organization.id);
}

/// Runs the job for each number below `count` on a few threads; throws what the first failing one threw.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& job) {
    std::vector<std::exception_ptr> failures(kJoinThreads);
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kJoinThreads; ++t) {
        threads.emplace_back([&, t] {
            try {
                for (std::size_t i = t; i < count; i += kJoinThreads) job(i);
            } catch (const std::exception&) {
                failures[t] = std::current_exception();
            }
        });
    }
    threads.clear();
    for (const auto& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

}  // namespace

void Blackboard::add_project(KnownProject project) {
    const std::lock_guard lock(mutex_);
    projects_.push_back(std::move(project));
}

void Blackboard::add_task(KnownTask task) {
    const std::lock_guard lock(mutex_);
    hot_.push_back(tasks_.size());
    if (hot_.size() > kHotTasks) hot_.pop_front();
    tasks_.push_back(task);
}

void Blackboard::saw(const Uuid& task, StreamVersion version) {
    const std::lock_guard lock(mutex_);
    // Mostly a young one.
    const auto found = std::ranges::find(tasks_.rbegin(), tasks_.rend(), task, &KnownTask::id);
    if (found != tasks_.rend()) found->version = std::max(found->version, version);
}

std::optional<KnownTask> Blackboard::some_task(Chance& chance) const {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) return std::nullopt;
    if (chance() % 2 == 0) return tasks_[hot_[chance() % hot_.size()]];
    return tasks_[chance() % tasks_.size()];
}

std::optional<KnownProject> Blackboard::project(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    if (index >= projects_.size()) return std::nullopt;
    return projects_[index];
}

std::optional<std::size_t> Blackboard::some_project(Chance& chance) const {
    const std::lock_guard lock(mutex_);
    if (projects_.empty()) return std::nullopt;
    return chance() % projects_.size();
}

std::size_t Blackboard::next_project() {
    const std::lock_guard lock(mutex_);
    return project_numbers_++;
}

void log_in(HttpClient& client, Person& person, std::optional<TenantId> organization) {
    std::string body = fmt::format(R"({{"login":"{}","password":"{}")", person.email, person.password);
    if (organization) body += fmt::format(R"(,"tenant":"{}")", organization->to_string());
    take_tokens(person, must(client, "POST", "auth/login", "", body + "}", 200).body);
}

bool keep_logged_in(HttpClient& client, Person& person) {
    if (std::chrono::steady_clock::now() + kRenewBefore < person.expires_at) return true;
    const std::string body = fmt::format(R"({{"refresh_token":"{}"}})", person.refresh_token);
    const auto answer = client.exchange(write_request(
        client.endpoint(), "POST", "/api/v1/auth/refresh", {"Content-Type: application/json"}, body
    ));
    if (!answer || answer->status != 200) return false;
    take_tokens(person, answer->body);
    return true;
}

Team found_team(const TeamSettings& settings) {
    HttpClient client(settings.apis.front(), kAnswerWait);
    const Host host = find_host(client, settings);
    Team team;
    for (std::size_t o = 0; o < settings.organizations; ++o) {
        auto organization = std::make_unique<Organization>();
        organization->name = fmt::format("Team day {} {}", settings.run, o);
        for (std::size_t p = 0; p < settings.people; ++p) {
            Person person{.organization = o, .number = p, .role = role_of(p)};
            person.email = fmt::format("p{}.{}.{}@team-day.example", p, o, settings.run);
            person.password = fmt::format("every morning {} coffees, {}", p + 2, settings.run);
            organization->people.push_back(std::move(person));
        }
        found(client, settings, host, *organization);
        team.push_back(std::move(organization));
    }
    const std::size_t others = settings.people - 1;
    in_parallel(settings.organizations * others, [&](std::size_t i) {
        HttpClient own(settings.apis.front(), kAnswerWait);
        Organization& organization = *team[i / others];
        join(own, organization.people.front(), organization.id, organization.people[1 + i % others]);
    });
    return team;
}

}  // namespace annals::bench
