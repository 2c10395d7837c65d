#pragma once

#include "domain/contract/docs.hpp"
#include "domain/contract/raw_json.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "projections/kernel/page.hpp"
#include "projections/kernel/projection.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>

namespace annals::projects {

/// One row for each event of a task.
struct TaskHistoryRow {
    static constexpr std::string_view kTable = "prj.task_history";
    TenantId tenant_id{};
    EventId id{};
    TaskId task_id{};
    std::uint64_t version{0};
    std::string type{};
    std::string actor_kind{};
    Uuid actor_id{};
    Instant effective_at{};
    Instant recorded_at{};
    std::string reason{};
    RawJson changes{};
};
BOOST_DESCRIBE_STRUCT(
    TaskHistoryRow, (),
    (tenant_id, id, task_id, version, type, actor_kind, actor_id, effective_at, recorded_at, reason, changes)
)

/// What happened to a task once.
struct TaskHistoryView {
    EventId id{};
    std::uint64_t version{0};
    std::string type{};
    std::string actor_kind{};
    Uuid actor_id{};
    Instant effective_at{};
    Instant recorded_at{};
    std::string reason{};
    RawJson changes{};
};
BOOST_DESCRIBE_STRUCT(
    TaskHistoryView, (), (id, version, type, actor_kind, actor_id, effective_at, recorded_at, reason, changes)
)
constexpr auto contract_docs(const TaskHistoryView*) {
    return std::array{
        contract::FieldDoc{"id", "the event's id"},
        contract::FieldDoc{"version", "the version the task had after it; 1 for its creation"},
        contract::FieldDoc{"type", "what happened: prj.TaskMoved"},
        contract::FieldDoc{"actor_kind", "user, service, system or support"},
        contract::FieldDoc{"actor_id", "who did it"},
        contract::FieldDoc{"effective_at", "when it is true in the business"},
        contract::FieldDoc{"recorded_at", "when it was written down"},
        contract::FieldDoc{"reason", "why, when a reason was given; else empty"},
        contract::FieldDoc{"changes", "the event's data; changed fields have before and after"},
    };
}
const contract::TypeInfo* view_shape(const TaskHistoryView*);

const ProjectionType& task_history_projection();

/// The task's events, the newest first. Empty for a task that does not exist.
Page<TaskHistoryView> task_history(
    QueryReader& reader, TenantId organization, TaskId task, const PageRequest& page
);

}  // namespace annals::projects
