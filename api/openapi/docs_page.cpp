#include "api/openapi/docs_page.hpp"

#include "api/http/compression.hpp"
#include "api/http/etag.hpp"
#include "api/http/problem.hpp"
#include "api/http/security_headers.hpp"
#include "api/openapi/docs_assets.hpp"
#include "api/openapi/json_schema.hpp"
#include "api/openapi/openapi.hpp"

#include <mutex>

namespace annals::api {
namespace {

constexpr std::string_view kSchemaJson = "application/schema+json";
constexpr std::string_view kAssetPrefix = "/docs/assets/";
constexpr std::string_view kInteractiveAsset = "swagger-ui-bundle.js";

// Files of one build never change, but the next build has the same names.
constexpr std::string_view kAssetCaching = "public, max-age=3600";
constexpr std::string_view kDocumentCaching = "no-cache";

constexpr std::string_view kNavigation =
    "<nav><a href=\"/openapi.json\">OpenAPI</a><a href=\"/asyncapi.json\">AsyncAPI</a><a "
    "href=\"/docs/problems\">Problems</a></nav>\n";

constexpr std::string_view kInteractivePage =
    "<link rel=\"stylesheet\" href=\"/docs/assets/swagger-ui.css\">\n"
    "<link rel=\"icon\" href=\"/docs/assets/favicon-32x32.png\"></head>\n"
    "<body class=\"interactive\">\n";

constexpr std::string_view kInteractiveScripts =
    "<div id=\"page\"></div>\n"
    "<script src=\"/docs/assets/swagger-ui-bundle.js\"></script>\n"
    "<script src=\"/docs/assets/docs_init.js\"></script>\n"
    "</body></html>\n";

std::string page_head() {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>Annals API</title>\n"
           "<link rel=\"stylesheet\" href=\"/docs/assets/docs_style.css\">\n";
}

std::string interactive_docs_page() {
    std::string html = page_head();
    html.append(kInteractivePage).append(kNavigation).append(kInteractiveScripts);
    return html;
}

void append_escaped(std::string& html, std::string_view text) {
    for (const char c : text) {
        if (c == '<') {
            html += "&lt;";
        } else if (c == '&') {
            html += "&amp;";
        } else {
            html += c;
        }
    }
}

std::string quoted_hash(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: only equal or not matters here
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    return '"' + std::to_string(hash) + '"';
}

}  // namespace

/// A text with its entity tag and, once somebody asked for it, its gzip form: compressing a megabyte anew
/// for each visitor would hold up an I/O thread.
struct DocsSite::Document {
    Document(std::string_view type, std::string text)
        : content_type(type),
          own(std::move(text)),
          body(own),
          etag(quoted_hash(own)),
          caching(kDocumentCaching) {}
    explicit Document(const DocsAsset& asset)
        : content_type(asset.content_type), body(asset.body), etag(asset.etag), caching(kAssetCaching) {}
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    [[nodiscard]] http::Response answer(const http::Request& request) const {
        const bool gzip = http::accepts_gzip(request.headers.get("Accept-Encoding"));
        std::string tag = etag;
        if (gzip) tag.insert(tag.size() - 1, http::kGzipTagSuffix);
        if (http::is_not_modified(request, tag)) return http::not_modified(tag);
        http::Response response;
        response.content_type = content_type;
        response.compressible = false;  // what the server would do is done here already
        response.headers.add("ETag", tag);
        response.headers.add("Cache-Control", caching);
        response.headers.add("Vary", "Accept-Encoding");
        response.headers.add("Content-Security-Policy", http::kDocsPolicy);
        if (gzip) {
            std::call_once(compressed_once, [this] { compressed = http::gzip(body); });
            response.headers.add("Content-Encoding", "gzip");
        }
        response.body = gzip ? compressed : body;
        return response;
    }

    std::string_view content_type;
    std::string own;
    std::string_view body;
    std::string etag;
    std::string_view caching;
    mutable std::once_flag compressed_once;
    mutable std::string compressed;
};

DocsSite::DocsSite(
    std::span<const Route> routes, const contract::EventCatalogue& events, const EventTopic& topic
) {
    const auto put = [&](std::string path, std::string_view type, std::string text) {
        documents_.emplace(std::move(path), std::make_unique<Document>(type, std::move(text)));
    };
    put("/openapi.json", http::kJson, openapi_document(routes));
    put("/asyncapi.json", http::kJson, asyncapi_document(events, topic));
    for (const contract::EventType& type : events.types()) {
        put("/schemas/" + event_schema_name(type), kSchemaJson, event_schema(type));
    }
    bool interactive = false;
    for (const DocsAsset& asset : docs_assets()) {
        interactive = interactive || asset.name == kInteractiveAsset;
        documents_.emplace(
            std::string(kAssetPrefix) + std::string(asset.name), std::make_unique<Document>(asset)
        );
    }
    put("/docs", http::kHtml, interactive ? interactive_docs_page() : plain_docs_page(routes));
}

DocsSite::~DocsSite() = default;

http::Response DocsSite::answer(const http::Request& request) const {
    const auto found = documents_.find(request.path);
    if (found != documents_.end()) return found->second->answer(request);
    return http::problem_response(request, http::make_problem("NOT_FOUND", "there is no such document"));
}

std::string plain_docs_page(std::span<const Route> routes) {
    std::string html = page_head();
    html.append("</head>\n<body>\n").append(kNavigation).append("<h1>Annals API</h1>\n");
    html += "<p>Load /openapi.json into the tool of your choice; this page lists the routes.</p>\n<table>\n";
    std::string_view tag;
    for (const Route& route : routes) {
        if (route.tag != tag) {
            tag = route.tag;
            html += "<tr><th colspan=\"3\">";
            append_escaped(html, tag);
            html += "</th></tr>\n";
        }
        html.append("<tr><td><code>").append(http::to_string(route.method)).append("</code></td><td><code>");
        append_escaped(html, route.pattern);
        html += "</code></td><td>";
        append_escaped(html, route.summary);
        html += "</td></tr>\n";
    }
    html += "</table>\n</body></html>\n";
    return html;
}

}  // namespace annals::api
