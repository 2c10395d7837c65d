#include "infra/postgres/migrate.hpp"
#include "tests/e2e/load.hpp"

#include <gmock/gmock.h>

// A rolling restart: `annals migrate` of the next release runs first, then its processes replace the old
// ones. A compatibility shim stands for the next release: a migration that this binary does not know.
namespace annals::test {
namespace {

using testing::HasSubstr;

constexpr std::size_t kCommands = 20;

std::vector<pg::Migration> next_release(int number, int compatible_since) {
    std::vector<pg::Migration> all(pg::embedded_migrations().begin(), pg::embedded_migrations().end());
    all.push_back(
        {number, "9910_prj_next_release", "of the next release",
         "alter table prj.task add column next_release text;"
         "alter table log.event add column next_release integer not null default 1;"
         "create table prj.next_release (tenant_id uuid, id uuid, primary key (tenant_id, id));"
         "select proj.protect('prj.next_release');"
         "create index next_release on log.command (response)",
         compatible_since}
    );
    return all;
}

void expect_verified(ServedInstance& instance) {
    const ProgramEnd verified = run_annals(instance.beside("verify"));
    EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.errors;
}

TEST(RollingRestart, LetsThisBinaryServeAndStartAfterTheNextOneMigrated) {
    ServedInstance instance({.flags = {"--access-token-ttl-s", "3600"}});
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "ENG");
    Load load(instance, people.ada.token(), {board.project, board.project});
    ASSERT_TRUE(eventually([&] { return load.acknowledged() >= kCommands; }));
    pg::migrate(
        {.owner_dsn = instance.database().owner_dsn(),
         .migrations = next_release(9910, pg::embedded_migrations().back().number)}
    );
    std::size_t wanted = load.acknowledged() + kCommands;
    ASSERT_TRUE(eventually([&] { return load.acknowledged() >= wanted; })) << instance.log();
    // One that crashed and comes back, or is scaled out, before its turn.
    instance.kill9();
    instance.start();
    load.move_to(instance.endpoint());
    wanted = load.acknowledged() + kCommands;
    ASSERT_TRUE(eventually([&] { return load.acknowledged() >= wanted; })) << instance.log();
    const auto acknowledged = load.finish();
    EXPECT_THAT(load.unexpected(), testing::IsEmpty());
    EXPECT_THAT(instance.log(), HasSubstr("9910_prj_next_release"));
    ApiClient ada(instance, people.ada.token());
    const std::string last = kApi + "/tasks?min_position=" + acknowledged.back().position;
    ASSERT_TRUE(eventually([&] { return ada.get(last).status == 200; }));
    ASSERT_EQ(instance.stop(), 0);
    expect_verified(instance);
}

TEST(RollingRestart, IsRefusedWhereTheNextReleaseDidNotAllowIt) {
    ServedInstance instance({.serves = false});
    pg::migrate({.owner_dsn = instance.database().owner_dsn(), .migrations = next_release(9910, 0)});
    Words words = instance.beside("serve");
    words.insert(words.end(), {"--port", "0"});
    const ProgramEnd end = run_annals(words);
    EXPECT_EQ(end.exit_code, 78);
    EXPECT_THAT(end.errors, HasSubstr("9910_prj_next_release, which this binary does not know"));
}

}  // namespace
}  // namespace annals::test
