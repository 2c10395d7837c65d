#pragma once

#include "commands/catalogue.hpp"
#include "commands/kernel/committed_state.hpp"
#include "domain/identity/commands.hpp"
#include "domain/organizations/commands.hpp"
#include "domain/projects/commands.hpp"
#include "domain/projects/project.hpp"
#include "tests/support/cutting_proxy.hpp"
#include "tests/support/pg_bus.hpp"
#include "tests/support/seed.hpp"

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace annals::test {

/// One sending of a command and what it was answered.
struct Attempt {
    CommandRequest request;
    CommandResult result;
    std::size_t group{0};  ///< of an atomic group, else 0
};

/// Everything the clients know together.
class SentCommands {
public:
    void add(Attempt attempt) {
        const std::lock_guard lock(mutex_);
        attempts_.push_back(std::move(attempt));
    }
    /// A command that was sent alone before.
    std::optional<CommandRequest> earlier(Seeded& chance) {
        const std::lock_guard lock(mutex_);
        if (attempts_.empty()) return std::nullopt;
        const Attempt& attempt = chance.one_of(attempts_);
        return attempt.group == 0 ? std::optional(attempt.request) : std::nullopt;
    }
    std::size_t new_group() {
        const std::lock_guard lock(mutex_);
        return ++groups_;
    }
    [[nodiscard]] std::vector<Attempt> all() {
        const std::lock_guard lock(mutex_);
        return attempts_;
    }

private:
    std::mutex mutex_;
    std::vector<Attempt> attempts_;
    std::size_t groups_{0};
};

/// An organization with two projects, as the clients see it.
struct ModelRealm {
    TenantId id{};
    UserId owner{};
    UserId viewer{};
    std::vector<Uuid> projects;
    std::map<Uuid, std::vector<ColumnId>> columns;
    std::mutex mutex;
    std::vector<Uuid> tasks;  ///< with their projects' columns unknown to the client

    std::optional<Uuid> some_task(Seeded& chance) {
        const std::lock_guard lock(mutex);
        if (tasks.empty()) return std::nullopt;
        return chance.one_of(tasks);
    }
    void saw_task(const Uuid& task) {
        const std::lock_guard lock(mutex);
        tasks.push_back(task);
    }
};

inline bool outcome_unknown(const CommandResult& result) {
    return !result && result.error().code == "UNAVAILABLE";
}

template <class Command>
CommandRequest product_command(
    IdSource& ids, UserId actor, TenantId realm, const Uuid& target, Command command
) {
    CommandRequest request;
    request.type = &command_type_of<Command>();
    request.command = std::make_shared<const Command>(std::move(command));
    request.target = target;
    request.realm = realm;
    request.actor = {contract::ActorKind::user, actor.value, std::nullopt};
    request.command_id = CommandId{ids.next()};
    request.repeatable = true;
    request.request_hash.fill(1);
    return request;
}

}  // namespace annals::test
