// annals_path_cost CREATES MOVES: reads, decides, writes and hashes so many CreateTask and MoveTask over a
// log in memory. path_cost.py counts its instructions for several numbers; the differences are those of one
// command.

#include "domain/identity/commands.hpp"
#include "domain/organizations/commands.hpp"
#include "domain/projects/commands.hpp"
#include "domain/projects/project.hpp"
#include "tests/bench/command_path.hpp"
#include "tests/support/values.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace annals::test {
namespace {

constexpr int kWrongUse = 2;
constexpr std::string_view kCreate =
    R"({"title":"Bench task 1 with a title of usual length","priority":"medium"})";

/// A line that was made and hashed; an empty one would mean that nothing was measured.
void check(const AppendBatch& batch) {
    if (batch.events.size() != 1 || batch.events.front().line.empty()) {
        throw std::runtime_error("a command made no event");
    }
}

/// A member of an organization; answers a project.
Uuid found(CommandPath& path) {
    const identity::RegisterUser person{
        .email = text<Email>("bench@example.org"),
        .display_name = text<identity::DisplayName>("Bench"),
        .credential_id = CredentialId{path.new_id()},
        .password_hash = Secret::trusted("no hash"),
    };
    path.keep(path.request(realm_of(path.user()), path.user().value, person));
    const organizations::CreateTenant organization{
        .name = text<organizations::TenantName>("Bench"), .slug = text<Slug>("bench")
    };
    path.keep(path.request(path.tenant(), path.tenant().value, organization));
    const Uuid project = path.new_id();
    const projects::CreateProject command{
        .name = text<projects::ProjectName>("Bench"), .key = text<ProjectKey>("BENCH")
    };
    path.keep(path.request(path.tenant(), project, command));
    return project;
}

int run(std::uint64_t creates, std::uint64_t moves) {
    CommandPath path;
    const Uuid project = found(path);
    const Uuid task = path.keep(path.read("createTask", project, std::string(kCreate))).target;
    path.restart();
    const ColumnId column = path.state<projects::Project>(project).columns.back().id;
    const std::string move = R"({"column":")" + column.to_string() + R"("})";
    for (std::uint64_t i = 0; i < creates; ++i) {
        check(path.decide(path.read("createTask", project, std::string(kCreate))));
    }
    for (std::uint64_t i = 0; i < moves; ++i) check(path.decide(path.read("moveTask", task, move)));
    return 0;
}

}  // namespace
}  // namespace annals::test

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: annals_path_cost CREATES MOVES\n");
        return annals::test::kWrongUse;
    }
    try {
        return annals::test::run(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "annals_path_cost: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
