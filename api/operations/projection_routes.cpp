#include "api/operations/projection_routes.hpp"

#include "api/identity/auth_flow.hpp"
#include "domain/contract/describe.hpp"
#include "domain/contract/json_writer.hpp"
#include "projections/catalogue.hpp"

#include <algorithm>

namespace annals {
BOOST_DESCRIBE_ENUM(LagState, idle, applying, stuck)
}  // namespace annals

namespace annals::operations {

struct ProjectionPartitionView {
    std::uint16_t partition{0};
    std::uint64_t position{0};
    std::uint64_t head{0};
    std::int64_t lag_ms{0};
    LagState state{};
    std::optional<std::string> owner;
};
BOOST_DESCRIBE_STRUCT(ProjectionPartitionView, (), (partition, position, head, lag_ms, state, owner))
constexpr auto contract_docs(const ProjectionPartitionView*) {
    return std::array{
        contract::FieldDoc{"position", "the last event of the partition that is applied; 0 for none"},
        contract::FieldDoc{"head", "the last event of the partition in the log"},
        contract::FieldDoc{"lag_ms", "age of the oldest event that is not applied; 0 when idle"},
        contract::FieldDoc{
            "state", "idle: everything is applied; stuck: behind, and nothing has moved for ten seconds"
        },
        contract::FieldDoc{"owner", "the living process that has leased the partition"},
    };
}

struct ParkedSummaryView {
    std::uint64_t streams{0};
    std::uint64_t events{0};
    std::int64_t oldest_ms{0};
};
BOOST_DESCRIBE_STRUCT(ParkedSummaryView, (), (streams, events, oldest_ms))
constexpr auto contract_docs(const ParkedSummaryView*) {
    return std::array{
        contract::FieldDoc{"streams", "streams with parked events"},
        contract::FieldDoc{"events", "events that are not applied, those that wait behind a failed one too"},
        contract::FieldDoc{"oldest_ms", "since the first of them was parked"},
    };
}

struct ProjectionStateView {
    std::string projection;
    std::vector<ProjectionPartitionView> partitions;
    ParkedSummaryView parked;
};
BOOST_DESCRIBE_STRUCT(ProjectionStateView, (), (projection, partitions, parked))
constexpr auto contract_docs(const ProjectionStateView*) {
    return std::array{
        contract::FieldDoc{
            "projection", "NAME@VERSION; with #beside for a copy that is built beside the live tables"
        },
        contract::FieldDoc{"parked", "how much could not be applied"},
    };
}

/// Without the parked event's `detail`: it is what the database or the reader said, which may quote values
/// of the event. `annals projections parked` shows it to whoever has the installation's keys anyway.
struct ParkedEventView {
    std::string projection;
    std::uint16_t partition{0};
    std::string position;
    TenantId tenant_id;
    Uuid stream_id;
    std::string type;
    std::string code;
    std::uint64_t attempts{0};
    std::int64_t age_ms{0};
};
BOOST_DESCRIBE_STRUCT(
    ParkedEventView, (), (projection, partition, position, tenant_id, stream_id, type, code, attempts, age_ms)
)
constexpr auto contract_docs(const ParkedEventView*) {
    return std::array{
        contract::FieldDoc{"position", "EPOCH-PARTITION-NUMBER, as `annals projections skip` takes it"},
        contract::FieldDoc{"type", "of the event"},
        contract::FieldDoc{
            "code",
            "why: reducer, unreadable, unknown_type, database; waiting: one of the same stream stands "
            "before it"
        },
        contract::FieldDoc{"attempts", "how often it was tried"},
        contract::FieldDoc{"age_ms", "since it was parked"},
    };
}

struct ProjectionsView {
    std::vector<ProjectionStateView> projections;
    std::vector<ParkedEventView> parked;
    bool has_more_parked{false};
};
BOOST_DESCRIBE_STRUCT(ProjectionsView, (), (projections, parked, has_more_parked))
constexpr auto contract_docs(const ProjectionsView*) {
    return std::array{
        contract::FieldDoc{"parked", "the first 100 parked events by projection, partition and position"},
        contract::FieldDoc{"has_more_parked", "there are more than these"},
    };
}

namespace {

using api::Exchange;
using api::Services;

constexpr std::size_t kParkedShownMax = 100;
constexpr std::int64_t kMicrosPerMilli = 1'000;

ProjectionPartitionView partition_view(const ProjectionLag& lag) {
    ProjectionPartitionView view{
        lag.partition, lag.position, lag.head, lag.lag_us / kMicrosPerMilli, lag.state, {}
    };
    if (!lag.owner.empty()) view.owner = lag.owner;
    return view;
}

ParkedEventView parked_view(const ParkedEntry& entry) {
    const ParkedEvent& event = entry.event;
    return {event.projection, event.partition, entry.position.to_string(),
            event.tenant,     event.stream,    event.event_type,
            event.code,       entry.attempts,  entry.age_us / kMicrosPerMilli};
}

/// The partitions of a projection stand together.
std::vector<ProjectionStateView> state_views(const ProjectionProgress& progress) {
    std::vector<ProjectionStateView> views;
    for (const ProjectionLag& lag : progress.lags) {
        if (views.empty() || views.back().projection != lag.projection) {
            views.push_back({lag.projection, {}, {}});
        }
        views.back().partitions.push_back(partition_view(lag));
    }
    for (const ParkedSummary& parked : progress.parked) {
        const auto view = std::ranges::find(views, parked.projection, &ProjectionStateView::projection);
        if (view == views.end()) continue;
        view->parked = {parked.streams, parked.events, parked.oldest_us / kMicrosPerMilli};
    }
    return views;
}

ProjectionsView look_up(ProjectionProgressReader& reader) {
    std::vector<std::string> names = reader.copies();
    for (const ProjectionType* type : projection_catalogue()) names.push_back(type->checkpoint_name());
    ProjectionsView view;
    view.projections = state_views(reader.read(names));
    std::vector<ParkedEntry> entries = reader.parked(kParkedShownMax + 1);
    view.has_more_parked = entries.size() > kParkedShownMax;
    if (view.has_more_parked) entries.resize(kParkedShownMax);
    for (const ParkedEntry& entry : entries) view.parked.push_back(parked_view(entry));
    return view;
}

/// Runs on a worker thread.
void answer(Services& services, Exchange& exchange) {
    if (!services.directory.is_platform_administrator(exchange.principal->user)) {
        return exchange.fail(
            http::make_problem("FORBIDDEN", "this is for the person who set the installation up")
        );
    }
    try {
        const ProjectionsView view = look_up(services.projections);
        std::string body;
        contract::write_json(*contract::type_info<ProjectionsView>(), &view, body);
        exchange.respond(http::json_response(200, std::move(body)));
    } catch (const ProjectionStoreUnavailable& away) {
        services.report("OPS-71e4", away.what(), exchange.request->request_id);
        exchange.fail(
            http::make_problem("UNAVAILABLE", "the database cannot be reached").retry_after(api::kRetryAfterS)
        );
    }
}

void projections(Services& services, Exchange incoming) {
    auto exchange = std::make_shared<Exchange>(std::move(incoming));
    identity::on_worker(services, exchange, "OPS-c20d", [&services, exchange] {
        answer(services, *exchange);
    });
}

}  // namespace

std::vector<api::Route> projection_routes() {
    static constexpr std::array<std::string_view, 1> kProblems{"FORBIDDEN"};
    return {
        {http::Method::get, "/api/v1/platform/projections", "getProjections",
         "How far query tables are and what is parked; for the person who set the installation up",
         "operations",
         api::CustomRoute{
             .answer = contract::type_info<ProjectionsView>(), .problems = kProblems, .run = projections
         }},
    };
}

}  // namespace annals::operations
