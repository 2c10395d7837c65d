#include "tests/commands/kernel/log_model.hpp"

#include <algorithm>
#include <set>
#include <thread>

namespace annals {
namespace {

using namespace test;
using Cut = CuttingProxy::Cut;

constexpr int kClients = 6;
constexpr int kStepsEach = 70;
constexpr int kRealms = 3;

/// Clients with every bad habit send product commands through two processes whose connections break now and
/// then. At the end the log must hold exactly what was acknowledged.
class LogModel : public PgBuses {
protected:
    Seeded chance;
    std::unique_ptr<CommandBus> direct = make_bus();
    std::array<CuttingProxy, 2> proxies{
        CuttingProxy{database.owner_dsn()}, CuttingProxy{database.owner_dsn()}
    };
    std::array<std::unique_ptr<CommandBus>, 2> buses{through(proxies[0]), through(proxies[1])};
    std::array<ModelRealm, kRealms> realms;
    SentCommands sent;

    std::unique_ptr<CommandBus> through(const CuttingProxy& proxy) {
        auto two_writers = options(proxy.by_way(database.engine_dsn()));
        two_writers.writers = 2;
        return std::make_unique<CommandBus>(two_writers);
    }

    void SetUp() override {
        for (int i = 0; i < kRealms; ++i) found(realms[static_cast<std::size_t>(i)], std::to_string(i));
    }
    void must(CommandRequest request) {
        Attempt attempt{request, submit(*direct, request).get()};
        ASSERT_TRUE(attempt.result) << attempt.result.error().detail;
        sent.add(std::move(attempt));
    }
    identity::RegisterUser registration(const std::string& email) {
        return {
            .email = text<Email>(email),
            .display_name = text<identity::DisplayName>("Somebody"),
            .credential_id = CredentialId{ids.next()},
            .password_hash = Secret::trusted("hash"),
        };
    }
    void found(ModelRealm& realm, const std::string& name) {
        realm.owner = UserId{ids.next()};
        realm.id = TenantId{ids.next()};
        const Uuid owner = realm.owner.value;
        must(product_command(
            ids, realm.owner, realm_of(realm.owner), owner, registration("o" + name + "@example.org")
        ));
        const organizations::CreateTenant create{
            .name = text<organizations::TenantName>("Realm " + name), .slug = text<Slug>("realm-" + name)
        };
        must(product_command(ids, realm.owner, realm.id, realm.id.value, create));
        for (const char* key : {"ONE", "TWO"}) {
            const Uuid project = ids.next();
            must(product_command(ids, realm.owner, realm.id, project, new_project(key)));
            realm.projects.push_back(project);
            const auto store = pg::make_pg_event_store(database.engine_dsn());
            CommittedState committed(*store, cryptography, kPartitions, 4);
            committed.synchronise();
            const StreamState state =
                committed.stream(aggregate_type<projects::Project>(), realm.id, project);
            for (const auto& column :
                 static_cast<const projects::Project::State*>(state.state.get())->columns) {
                realm.columns[project].push_back(column.id);
            }
        }
    }
    static projects::CreateProject new_project(const std::string& key) {
        projects::CreateProject create{
            .name = text<projects::ProjectName>("Project"), .key = text<ProjectKey>(key)
        };
        create.columns.emplace();
        create.columns->push_back({.name = text<projects::ColumnName>("To do")});
        create.columns->push_back(
            {.name = text<projects::ColumnName>("Doing"),
             .category = projects::TaskCategory::in_progress,
             .wip_limit = projects::WipLimit(3)}
        );
        create.columns->push_back(
            {.name = text<projects::ColumnName>("Done"), .category = projects::TaskCategory::done}
        );
        return create;
    }

    // What a client may think of next.

    CommandRequest create_task(Seeded& dice, ModelRealm& realm) {
        projects::CreateTask create{
            .project_id = ProjectId{dice.one_of(realm.projects)}, .title = text<projects::TaskTitle>("A task")
        };
        if (dice.number(0, 9) == 0) create.column = ColumnId{ids.next()};
        const Uuid task = ids.next();
        realm.saw_task(task);
        return product_command(ids, realm.owner, realm.id, task, create);
    }
    CommandRequest change_task(Seeded& dice, ModelRealm& realm, const Uuid& task) {
        CommandRequest request;
        switch (dice.number(0, 3)) {
            case 0:
                request = product_command(
                    ids, realm.owner, realm.id, task,
                    projects::MoveTask{.column = dice.one_of(realm.columns[dice.one_of(realm.projects)])}
                );
                break;
            case 1: {
                const UserId member = dice.coin() ? realm.owner : UserId{ids.next()};
                request = product_command(ids, realm.owner, realm.id, task, projects::AssignTask{{member}});
                break;
            }
            default: {
                projects::UpdateTask update;
                update.title = text<projects::TaskTitle>("Title " + std::to_string(dice.number(0, 999)));
                request = product_command(ids, realm.owner, realm.id, task, update);
            }
        }
        if (dice.coin()) request.expected_version = static_cast<StreamVersion>(dice.number(1, 4));
        return request;
    }
    CommandRequest trespass(Seeded& dice, ModelRealm& realm, ModelRealm& other) {
        const auto task = other.some_task(dice);
        const Uuid target = task.value_or(ids.next());
        switch (dice.number(0, 3)) {
            case 0:  // somebody else's task in one's own realm
                return product_command(ids, realm.owner, realm.id, target, projects::UpdateTask{});
            case 1:  // in their realm
                return product_command(ids, realm.owner, other.id, target, projects::UpdateTask{});
            case 2:  // a project's id as a new task's
                return product_command(
                    ids, realm.owner, realm.id, realm.projects.front(),
                    projects::CreateTask{
                        .project_id = ProjectId{realm.projects.front()},
                        .title = text<projects::TaskTitle>("x")
                    }
                );
            default:  // a project's id as a task's
                return product_command(
                    ids, realm.owner, realm.id, realm.projects.back(),
                    projects::MoveTask{.column = realm.columns[realm.projects.back()].front()}
                );
        }
    }
    CommandRequest contested(Seeded& dice, ModelRealm& realm) {
        const std::string name = std::to_string(dice.number(1, 9));
        if (dice.number(0, 2) == 0) {
            return product_command(ids, realm.owner, realm.id, ids.next(), new_project("K" + name));
        }
        if (dice.coin()) {
            const organizations::InviteMember invite{
                text<Email>("i" + name + "@example.org"), {organizations::Role::member}
            };
            return product_command(ids, realm.owner, realm.id, ids.next(), invite);
        }
        const UserId person{ids.next()};
        return product_command(
            ids, person, realm_of(person), person.value, registration("p" + name + "@example.org")
        );
    }
    CommandRequest next(Seeded& dice) {
        ModelRealm& realm = realms[static_cast<std::size_t>(dice.number(0, kRealms - 1))];
        const auto kind = dice.number(0, 99);
        if (kind < 15) {
            if (auto earlier = sent.earlier(dice)) {
                if (dice.number(0, 3) == 0) earlier->request_hash.fill(2);
                return *earlier;
            }
        }
        if (kind < 30) return contested(dice, realm);
        if (kind < 40)
            return trespass(dice, realm, realms[static_cast<std::size_t>(dice.number(0, kRealms - 1))]);
        const auto task = realm.some_task(dice);
        if (kind < 70 && task) return change_task(dice, realm, *task);
        return create_task(dice, realm);
    }

    void send_group(Seeded& dice, CommandBus& bus) {
        ModelRealm& realm = realms[static_cast<std::size_t>(dice.number(0, kRealms - 1))];
        std::vector<CommandRequest> requests;
        for (int i = 0; i < 3; ++i) requests.push_back(create_task(dice, realm));
        requests.push_back(change_task(dice, realm, requests.front().target));
        const auto results = submit_group(bus, requests, true).get();
        const std::size_t group = sent.new_group();
        for (std::size_t i = 0; i < results.size(); ++i) sent.add({requests[i], results[i], group});
    }
    void live(std::uint64_t seed) {
        Seeded dice(seed);
        for (int step = 0; step < kStepsEach; ++step) {
            const auto at = static_cast<std::size_t>(dice.number(0, 1));
            if (dice.number(0, 9) == 0) {
                proxies[at].arm(
                    dice.one_of(std::vector{Cut::before_append, Cut::after_append, Cut::in_answer}),
                    static_cast<std::size_t>(dice.number(0, 60))
                );
            }
            if (dice.number(0, 14) == 0) {
                send_group(dice, *buses[at]);
                continue;
            }
            const CommandRequest request = next(dice);
            auto answer = submit(*buses[at], request);
            if (dice.number(0, 9) == 0) sent.add({request, submit(*buses[1 - at], request).get()});
            sent.add({request, answer.get()});
        }
    }
    /// Whoever was left in doubt asks again.
    void resolve_doubts() {
        for (const Attempt& attempt : sent.all()) {
            if (!outcome_unknown(attempt.result) || attempt.group != 0) continue;
            Attempt again{attempt.request, submit(*direct, attempt.request).get()};
            EXPECT_FALSE(outcome_unknown(again.result));
            sent.add(std::move(again));
        }
    }
    void expect_log_is_what_was_answered();
    void expect_projections_of_the_log();
};

/// All that was sent under one command id, and what the log has of it.
struct Answers {
    std::vector<Attempt> attempts;
    std::optional<StoredCommand> stored;

    [[nodiscard]] std::vector<std::string> contradictions(std::uint64_t events) const {
        std::vector<std::string> found;
        bool acknowledged = false;
        for (const auto& [request, result, group] : attempts) {
            const bool same_body = stored && stored->request_hash == request.request_hash;
            if (result && (!same_body || result->body != stored->response)) {
                found.emplace_back("acknowledged and not in the log");
            }
            if (!result && result.error().code == "IDEMPOTENCY_MISMATCH" && (!stored || same_body)) {
                found.emplace_back("a mismatch with nothing");
            }
            if (!result && result.error().code == "INTERNAL") found.emplace_back(result.error().detail);
            acknowledged = acknowledged || (same_body && (result || outcome_unknown(result)));
        }
        if (stored && !acknowledged) found.emplace_back("refused and yet in the log");
        if (!stored && events != 0) found.emplace_back("events without an answer");
        return found;
    }
};

void LogModel::expect_log_is_what_was_answered() {
    std::map<std::pair<TenantId, CommandId>, Answers> commands;
    std::map<std::size_t, std::set<bool>> groups;
    std::map<std::string, int> codes;
    const auto store = pg::make_pg_event_store(database.engine_dsn());
    for (Attempt& attempt : sent.all()) {
        const CommandKey key{attempt.request.realm, attempt.request.command_id};
        Answers& answers = commands[{key.tenant, key.command}];
        if (answers.attempts.empty()) {
            for (StoredCommand& stored : store->find_commands(std::span(&key, 1)))
                answers.stored = std::move(stored);
        }
        if (attempt.group != 0) groups[attempt.group].insert(answers.stored.has_value());
        ++codes[code_of(attempt.result)];
        answers.attempts.push_back(std::move(attempt));
    }
    for (const auto& [key, answers] : commands) {
        const auto events = std::stoull(database.value(
            "select count(*) from log.event where command_id = '" + key.second.to_string() + "'"
        ));
        for (const std::string& what : answers.contradictions(events)) {
            ADD_FAILURE() << what << ": " << answers.attempts.front().request.type->name() << ' '
                          << key.second.to_string();
        }
    }
    for (const auto& [group, present] : groups) EXPECT_EQ(1U, present.size()) << "an atomic group in halves";
    EXPECT_EQ(
        std::to_string(std::ranges::count_if(
            commands, [](const auto& command) { return command.second.stored.has_value(); }
        )),
        database.value("select count(*) from log.command")
    ) << "the log has commands that nobody sent";
    for (const auto& [code, count] : codes) std::printf("  %-22s %d\n", code.c_str(), count);
    EXPECT_GT(codes["accepted"], kClients * kStepsEach / 4);
}

/// Counters and reservations stand beside the events; each must be what a fold of the events says.
void LogModel::expect_projections_of_the_log() {
    const std::string tasks =
        "with created as (select tenant_id, (line::jsonb->'data') d from log.event where type = "
        "'prj.TaskCreated') ";
    EXPECT_EQ(
        "0",
        database.value(
            tasks +
            "select count(*) from (select c.tenant_id, d->>'project_id' p, count(*) n, "
            "max((d->>'number')::bigint) m, count(distinct d->>'number') u from created c group by 1, 2) t "
            "left join log.counter k on k.tenant_id = t.tenant_id and k.scope = 'prj.number:' || t.p "
            "where n <> m or n <> u or k.value is distinct from n"
        )
    ) << "numbers of tasks";
    EXPECT_EQ(
        "0",
        database.value(
            "with places as (select distinct on (stream_id) tenant_id, "
            "coalesce(line::jsonb->'data'->>'new_column', line::jsonb->'data'->>'column_id') c from "
            "log.event "
            "where type in ('prj.TaskCreated', 'prj.TaskMoved') order by stream_id, stream_version desc), "
            "n as (select tenant_id, 'prj.tasks:' || c scope, count(*) value from places group by 1, 2) "
            "select count(*) from (select * from log.counter where scope like 'prj.tasks:%') k "
            "full join n using (tenant_id, scope) where coalesce(k.value, 0) <> coalesce(n.value, 0)"
        )
    ) << "tasks in columns";
    const auto as_many = [&](const char* scope, const char* type) {
        EXPECT_EQ(
            database.value(std::string("select count(*) from log.event where type = '") + type + "'"),
            database.value(std::string("select count(*) from log.reservation where scope = '") + scope + "'")
        ) << scope;
    };
    as_many("idn.email", "idn.UserRegistered");
    as_many("prj.key", "prj.ProjectCreated");
    as_many("org.slug", "org.TenantCreated");
    as_many("org.invitation", "org.InvitationCreated");
    EXPECT_EQ(
        database.value("select count(*) from log.subject_key"),
        database.value(
            "select count(*) from log.event where type in ('idn.UserRegistered', 'org.InvitationCreated')"
        )
    );
}

TEST_F(LogModel, HoldsEveryInvariantUnderAnythingClientsAndConnectionsDo) {
    {
        std::vector<std::jthread> clients;
        for (std::uint64_t i = 1; i <= kClients; ++i) {
            clients.emplace_back([this, seed = chance.seed() + i] { live(seed); });
        }
    }
    for (CuttingProxy& proxy : proxies) proxy.disarm();
    for (const auto& bus : buses) bus->stop();
    resolve_doubts();
    expect_log_is_what_was_answered();
    expect_projections_of_the_log();
    expect_sound_log();
    std::printf(
        "  cuts %zu, heads moved %llu\n", proxies[0].cuts() + proxies[1].cuts(),
        static_cast<unsigned long long>(buses[0]->stats().heads_moved + buses[1]->stats().heads_moved)
    );
    EXPECT_GT(proxies[0].cuts() + proxies[1].cuts(), 0U);
}

}  // namespace
}  // namespace annals
