#include "projections/projects/task_history.hpp"

#include "domain/contract/json_writer.hpp"
#include "domain/projects/events.hpp"
#include "projections/kernel/declare.hpp"

namespace annals::projects {
namespace {

using contract::Envelope;

constexpr SortOrder kByVersion{"version", "version", "bigint"};

std::string_view name_of(contract::ActorKind kind) {
    switch (kind) {
        case contract::ActorKind::user:
            return "user";
        case contract::ActorKind::service:
            return "service";
        case contract::ActorKind::system:
            return "system";
        case contract::ActorKind::support:
            return "support";
    }
    return "system";
}

template <class E>
void record(const E& event, const Envelope& at, RowSet& rows) {
    TaskHistoryRow row{.tenant_id = at.tenant, .id = at.event_id};
    row.task_id = TaskId{at.stream};
    row.version = at.version;
    row.type = E::kType;
    row.actor_kind = name_of(at.actor.kind);
    row.actor_id = at.actor.id;
    row.effective_at = at.effective_at;
    row.recorded_at = at.recorded_at;
    row.reason = at.reason;
    contract::write_json(*contract::type_info<E>(), &event, row.changes);
    rows.put(std::move(row));
}

Statement history_statement(bool after) {
    return {
        after ? "task_history.next" : "task_history.list",
        "select " + column_list(*contract::type_info<TaskHistoryView>()) +
            ", version::text as sort_key from prj.task_history where tenant_id = $1::uuid and task_id = "
            "$2::uuid" +
            keyset_tail(kByVersion, true, after, 3)
    };
}

}  // namespace

const contract::TypeInfo* view_shape(const TaskHistoryView*) {
    return contract::type_info<TaskHistoryView>();
}

const ProjectionType& task_history_projection() {
    static const std::array kTables{table<TaskHistoryRow>()};
    static const std::array kReactions{
        reaction<&record<TaskCreated>>(),    reaction<&record<TaskUpdated>>(),
        reaction<&record<TaskMoved>>(),      reaction<&record<TaskAssigned>>(),
        reaction<&record<TaskUnassigned>>(),
    };
    static const ProjectionType kProjection{"projects.task_history", 1, kTables, kReactions};
    return kProjection;
}

Page<TaskHistoryView> task_history(
    QueryReader& reader, TenantId organization, TaskId task, const PageRequest& page
) {
    static const Statement kFirst = history_statement(false);
    static const Statement kNext = history_statement(true);
    std::vector<QueryParam> params{organization.to_string(), task.to_string()};
    add_page_params(page, params);
    return read_page<TaskHistoryView>(*reader.query(organization, page.after ? kNext : kFirst, params), page);
}

}  // namespace annals::projects
