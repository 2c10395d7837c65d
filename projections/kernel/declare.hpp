#pragma once

/// Makes table and reaction entries out of row structs and reducer functions. Included only by the .cpp files
/// of read models, because it brings Boost.Describe with it.

#include "domain/contract/describe.hpp"
#include "domain/kernel/assert.hpp"
#include "projections/kernel/projection.hpp"

namespace annals {

template <class Row>
TableType table() {
    const contract::TypeInfo* shape = contract::type_info<Row>();
    ANNALS_ASSERT(
        shape->fields.size() > 2 && shape->fields[0].name == "tenant_id" && shape->fields[1].name == "id",
        "a row begins with tenant_id and id"
    );
    return TableType{
        .name = Row::kTable,
        .shape = shape,
        .make = [] { return std::shared_ptr<void>(std::make_shared<Row>()); },
    };
}

namespace detail {

template <class Function>
struct Reducer;
template <class E>
struct Reducer<void (*)(const E&, const contract::Envelope&, RowSet&)> {
    using Event = E;
};

}  // namespace detail

/// The entry of `void task_moved(const TaskMoved&, const Envelope&, RowSet&)`:
/// `reaction<&task_moved>(touch)`.
template <auto Apply>
Reaction reaction(void (*touch)(const contract::RecordedEvent&, RowSet&) = nullptr) {
    using Event = typename detail::Reducer<decltype(Apply)>::Event;
    return Reaction{
        .event = Event::kType,
        .schema_version = Event::kSchemaVersion,
        .apply = [](const contract::RecordedEvent& recorded, RowSet& rows
                 ) { Apply(*static_cast<const Event*>(recorded.event.data()), recorded.envelope, rows); },
        .touch = touch,
    };
}

/// The usual touch: the row whose id is the event's stream.
template <class Row>
void touch_stream(const contract::RecordedEvent& event, RowSet& rows) {
    rows.want<Row>(event.envelope.tenant, event.envelope.stream);
}

}  // namespace annals
