#pragma once

#include <span>
#include <string_view>

namespace annals::api {

/// A file of the page at /docs, part of the binary. Made by embed_docs_assets.cmake.
struct DocsAsset {
    std::string_view name;
    std::string_view content_type;
    std::string_view etag;  ///< of the bytes
    std::string_view body;
};

/// With "swagger-ui-bundle.js" among them when npm could fetch it at build time.
std::span<const DocsAsset> docs_assets();

}  // namespace annals::api
