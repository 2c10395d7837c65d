#include "domain/projects/project.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals::projects {
namespace {

using test::id;
using test::text;
using ProjectSpec = test::Spec<Project>;

const std::vector<ColumnId> kFiveIds{
    id<ColumnId>(1), id<ColumnId>(2), id<ColumnId>(3), id<ColumnId>(4), id<ColumnId>(5)
};
const CreateProject kCreate{.name = text<ProjectName>("Workshop"), .key = text<ProjectKey>("WS")};

Column column(std::uint64_t number, const char* name, TaskCategory category) {
    return {.id = id<ColumnId>(number), .name = text<ColumnName>(name), .category = category};
}

ProjectCreated created() {
    return {
        .key = text<ProjectKey>("WS"),
        .name = text<ProjectName>("Workshop"),
        .type = ProjectType::kanban,
        .columns =
            {column(1, "Backlog", TaskCategory::backlog), column(2, "To do", TaskCategory::todo),
             column(3, "In progress", TaskCategory::in_progress),
             column(4, "In review", TaskCategory::in_review), column(5, "Done", TaskCategory::done)},
    };
}

TEST(ProjectDecider, CreatesAKanbanBoardOfFiveColumnsByItself) {
    ASSERT_EQ(5U, Project::column_count(kCreate));
    ProjectSpec::given({}).when(kCreate, CreateProjectFacts{.column_ids = kFiveIds}).then({created()});
}

TEST(ProjectDecider, TakesTheColumnsItIsGivenAndLetsALimitBlock) {
    auto command = kCreate;
    command.columns.emplace();
    command.columns->push_back(
        {.name = text<ColumnName>("Doing"), .category = TaskCategory::in_progress, .wip_limit = WipLimit(3)}
    );
    command.columns->push_back(
        {.name = text<ColumnName>("Review"),
         .category = TaskCategory::in_review,
         .wip_limit = WipLimit(2),
         .wip_mode = WipMode::warn}
    );
    command.columns->push_back({.name = text<ColumnName>("Done"), .category = TaskCategory::done});
    auto expected = created();
    expected.columns = {
        column(1, "Doing", TaskCategory::in_progress), column(2, "Review", TaskCategory::in_review),
        column(3, "Done", TaskCategory::done)
    };
    expected.columns[0].wip_limit = 3;
    expected.columns[0].wip_mode = WipMode::block;
    expected.columns[1].wip_limit = 2;
    expected.columns[1].wip_mode = WipMode::warn;
    ASSERT_EQ(3U, Project::column_count(command));
    const CreateProjectFacts facts{.column_ids = std::span(kFiveIds).first(3)};
    ProjectSpec::given({}).when(command, facts).then({expected});
}

TEST(ProjectDecider, RejectsABoardWithoutADoneColumn) {
    auto command = kCreate;
    command.columns.emplace();
    command.columns->push_back({.name = text<ColumnName>("Doing"), .category = TaskCategory::in_progress});
    const CreateProjectFacts facts{.column_ids = std::span(kFiveIds).first(1)};
    ProjectSpec::given({}).when(command, facts).then_rejected("VALIDATION_FAILED", {"/columns"});
}

TEST(ProjectDecider, RejectsALeadWhoIsNoMember) {
    auto command = kCreate;
    command.lead = id<UserId>(8);
    const CreateProjectFacts facts{.column_ids = kFiveIds, .lead_is_member = false};
    ProjectSpec::given({}).when(command, facts).then_rejected("VALIDATION_FAILED", {"/lead"});
    ProjectSpec::given({created()})
        .when(UpdateProject{.lead = Patch(id<UserId>(8))}, false)
        .then_rejected("VALIDATION_FAILED", {"/lead"});
}

TEST(ProjectDecider, RejectsCreationOfWhatIsThere) {
    ProjectSpec::given({created()})
        .when(kCreate, CreateProjectFacts{.column_ids = kFiveIds})
        .then_rejected("DUPLICATE");
}

TEST(ProjectDecider, UpdatesWhatReallyChangesBeforeAndAfter) {
    const UpdateProject command{
        .name = text<ProjectName>("Workshop"),
        .description = Patch(text<ProjectDescription>("Tools")),
        .lead = Patch(id<UserId>(8)),
    };
    ProjectUpdated expected;
    expected.description = {std::nullopt, text<ProjectDescription>("Tools")};
    expected.lead = {std::nullopt, id<UserId>(8)};
    ProjectSpec::given({created()}).when(command, true).then({expected});
}

TEST(ProjectDecider, ClearsByNullAndByAnEmptyDescription) {
    ProjectUpdated described;
    described.description = {std::nullopt, text<ProjectDescription>("Tools")};
    described.lead = {std::nullopt, id<UserId>(8)};
    ProjectUpdated expected;
    expected.description = {text<ProjectDescription>("Tools"), std::nullopt};
    ProjectSpec::given({created(), described})
        .when(UpdateProject{.description = Patch(ProjectDescription{})}, true)
        .then({expected});
    expected.lead = {id<UserId>(8), std::nullopt};
    const UpdateProject clear{
        .description = Patch<ProjectDescription>::clear(), .lead = Patch<UserId>::clear()
    };
    ProjectSpec::given({created(), described}).when(clear, true).then({expected});
    ProjectSpec::given({created()}).when(clear, true).then_nothing();
}

TEST(ProjectDecider, ChangesNothingByAnEmptyUpdate) {
    ProjectSpec::given({created()}).when(UpdateProject{}, true).then_nothing();
}

TEST(ProjectDecider, IsReadOnlyOnceArchived) {
    ProjectSpec::given({created()}).when(ArchiveProject{}).then({ProjectArchived{}});
    const auto archived = ProjectSpec::given({created(), ProjectArchived{}});
    archived.when(ArchiveProject{}).then_nothing();
    archived.when(UpdateProject{.name = text<ProjectName>("Other")}, true).then_rejected("INVALID_STATE");
}

TEST(ProjectDecider, RejectsChangesOfWhatIsNotThere) {
    ProjectSpec::given({}).when(UpdateProject{}, true).then_rejected("NOT_FOUND");
    ProjectSpec::given({}).when(ArchiveProject{}).then_rejected("NOT_FOUND");
}

}  // namespace
}  // namespace annals::projects
