#pragma once

#include "api/kernel/route.hpp"
#include "api/openapi/asyncapi.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace annals::api {

/// What a server tells about itself: the machine documents and the page that shows them. Made once at start
/// from the tables; afterwards any thread may ask. Public: it holds no data of anybody.
class DocsSite {
public:
    DocsSite(std::span<const Route> routes, const contract::EventCatalogue& events, const EventTopic& topic);
    ~DocsSite();

    /// The document at a path of this site: /openapi.json, /asyncapi.json, /docs, /docs/assets/{file} and,
    /// for each stored version of an event type, /schemas/{name}. 404 for every other path.
    [[nodiscard]] http::Response answer(const http::Request& request) const;

private:
    struct Document;
    std::map<std::string, std::unique_ptr<Document>, std::less<>> documents_;
};

/// Every route with its summary, as HTML without scripts: what /docs shows where the build had no npm.
std::string plain_docs_page(std::span<const Route> routes);

}  // namespace annals::api
