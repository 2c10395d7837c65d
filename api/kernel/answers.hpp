#pragma once

#include "api/kernel/route.hpp"
#include "domain/contract/json_writer.hpp"
#include "projections/kernel/page.hpp"

#include <array>
#include <string>
#include <vector>

namespace annals::api {

/// The answer to a query for one thing that has a version.
template <class View>
QueryResultOrProblem answer_one(const std::optional<View>& view) {
    if (!view)
        return std::unexpected(http::make_problem("NOT_FOUND", "there is nothing here for you under this id")
        );
    QueryAnswer answer;
    answer.version = view->version;
    contract::write_json(*view_shape(static_cast<const View*>(nullptr)), &*view, answer.json);
    return answer;
}

/// The page a list query asks for.
inline PageRequest page_request(const QueryContext& context) {
    PageRequest page;
    page.limit = context.limit;
    if (context.after.size() == 2) {
        if (const auto id = Uuid::parse(context.after[1])) page.after = PageKey{context.after[0], *id};
    }
    return page;
}

template <class View>
QueryAnswer answer_page(const Page<View>& page) {
    QueryAnswer answer;
    answer.json = "[";
    for (const View& view : page.items) {
        if (answer.json.size() > 1) answer.json += ',';
        contract::write_json(*view_shape(static_cast<const View*>(nullptr)), &view, answer.json);
    }
    answer.json += ']';
    if (page.next) answer.next = std::vector{page.next->key, page.next->id.to_string()};
    return answer;
}

/// The id in a path, or nil, which is nobody's.
inline Uuid path_id(const QueryContext& context, std::string_view name) {
    return Uuid::parse(context.request.parameters[name]).value_or(Uuid{});
}

}  // namespace annals::api
