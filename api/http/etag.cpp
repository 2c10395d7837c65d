#include "api/http/etag.hpp"

#include "api/http/ascii.hpp"
#include "api/http/compression.hpp"
#include "api/http/limits.hpp"

#include <algorithm>
#include <charconv>

namespace annals::http {

namespace {

Problem refused(std::string_view header, std::string_view why) {
    return make_problem("BAD_REQUEST", std::string(header) + ": " + std::string(why));
}

/// The opaque text between the quotes without our gzip suffix, or nothing when it is not a tag.
std::optional<std::string_view> opaque_text(std::string_view tag) {
    if (tag.size() < 2 || !tag.starts_with('"') || !tag.ends_with('"')) return std::nullopt;
    tag = tag.substr(1, tag.size() - 2);
    if (tag.find('"') != std::string_view::npos) return std::nullopt;
    if (tag.ends_with(kGzipTagSuffix)) tag.remove_suffix(kGzipTagSuffix.size());
    return tag;
}

std::optional<std::uint64_t> version_of(std::string_view tag) {
    const std::optional<std::string_view> text = opaque_text(tag);
    if (!text || text->empty() || (text->size() > 1 && text->front() == '0')) return std::nullopt;
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), version);
    if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return version;
}

std::expected<VersionCondition, Problem> read_if_match(std::string_view value) {
    VersionCondition condition;
    if (trim(value) == "*") {
        condition.kind = VersionCondition::Kind::exists;
        return condition;
    }
    while (!value.empty()) {
        const std::string_view tag = trim(next_unquoted_piece(value, ','));
        if (tag.empty()) continue;
        if (tag.starts_with("W/")) return std::unexpected(refused("If-Match", "a weak tag can never match."));
        const std::optional<std::uint64_t> version = version_of(tag);
        if (!version)
            return std::unexpected(refused("If-Match", R"(must hold versions in quotes, such as "7", or *.)")
            );
        if (condition.versions.size() == kEntityTagsMax)
            return std::unexpected(refused("If-Match", "too many tags."));
        condition.versions.push_back(*version);
    }
    if (condition.versions.empty()) return std::unexpected(refused("If-Match", "is empty."));
    condition.kind =
        condition.versions.size() == 1 ? VersionCondition::Kind::exact : VersionCondition::Kind::one_of;
    return condition;
}

}  // namespace

std::string make_etag(std::uint64_t version) {
    return "\"" + std::to_string(version) + "\"";
}

bool VersionCondition::holds(std::uint64_t current_version) const {
    switch (kind) {
        case Kind::any:
        case Kind::exists:
            return true;
        case Kind::none:
            return false;
        case Kind::exact:
        case Kind::one_of:
            return std::ranges::find(versions, current_version) != versions.end();
    }
    return false;
}

std::expected<VersionCondition, Problem> read_version_condition(const Request& request) {
    const std::optional<std::string_view> match = request.headers.find("If-Match");
    const std::optional<std::string_view> none_match = request.headers.find("If-None-Match");
    if (request.headers.count("If-Match") > 1 || request.headers.count("If-None-Match") > 1) {
        return std::unexpected(refused("If-Match", "the header is given twice."));
    }
    if (match && none_match)
        return std::unexpected(refused("If-Match", "cannot stand beside If-None-Match."));
    if (match) return read_if_match(*match);
    VersionCondition condition;
    if (!none_match) return condition;
    if (trim(*none_match) != "*")
        return std::unexpected(refused("If-None-Match", "a command accepts only *."));
    condition.kind = VersionCondition::Kind::none;
    return condition;
}

bool is_not_modified(const Request& request, std::string_view etag) {
    std::string_view value = request.headers.get("If-None-Match");
    if (trim(value) == "*") return true;
    const std::optional<std::string_view> current = opaque_text(etag);
    for (std::size_t i = 0; i < kEntityTagsMax && !value.empty(); ++i) {
        std::string_view tag = trim(next_unquoted_piece(value, ','));
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        const std::optional<std::string_view> text = opaque_text(tag);
        if (text && text == current) return true;
    }
    return false;
}

Response not_modified(std::string_view etag) {
    Response response;
    response.status = 304;
    response.headers.add("ETag", etag);
    return response;
}

}  // namespace annals::http
