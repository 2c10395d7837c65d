#include "infra/projector/visibility_feed.hpp"

#include "infra/postgres/connection.hpp"
#include "projections/catalogue.hpp"

#include <string_view>
#include <utility>

namespace annals::projector {
namespace {

// A projection without a checkpoint in a partition has applied nothing there.
constexpr pg::Statement kApplied{
    "visibility_applied",
    "select l.partition, l.epoch, min(coalesce(c.position, 0))"
    " from log.partition as l cross join unnest($1::text[]) as p (name)"
    " left join proj.checkpoint as c on c.partition = l.partition and c.projection = p.name group by 1, 2"
};
constexpr pg::Statement kRaises{"visibility_raises", "select partition, epoch, after from log.epoch"};

}  // namespace

/// On the listener's thread. A failure goes up to the listener, which connects anew and so asks again:
/// nothing else would bring the positions of a partition in which nothing happens.
void VisibilityFeed::read_checkpoints() {
    pg::ArrayParam names(pg::ElementType::text);
    for (const ProjectionType* type : projection_catalogue())
        names.add(std::string_view(type->checkpoint_name()));
    pg::Params params;
    params.array(std::move(names));
    pg::Connection connection(dsn_, pg::kListenerSession);
    const pg::Rows raises = connection.query(kRaises);
    for (std::size_t row = 0; row < raises.size(); ++row) {
        visibility_.raised(
            static_cast<std::uint16_t>(raises.count(row, 0)),
            static_cast<std::uint32_t>(raises.count(row, 1)), raises.count(row, 2)
        );
    }
    const pg::Rows rows = connection.query(kApplied, params);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        visibility_.applied(
            {static_cast<std::uint32_t>(rows.count(row, 1)), static_cast<std::uint16_t>(rows.count(row, 0)),
             rows.count(row, 2)}
        );
    }
}

VisibilityFeed::VisibilityFeed(std::string dsn, Visibility& visibility)
    : dsn_(std::move(dsn)), visibility_(visibility) {
    listener_ = std::make_unique<pg::Listener>(dsn_, [this](std::string_view payload) {
        if (payload.empty()) {
            read_checkpoints();
        } else if (const auto position = Position::parse(payload)) {
            visibility_.applied(*position);
        }
    });
}

}  // namespace annals::projector
