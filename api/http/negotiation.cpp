#include "api/http/negotiation.hpp"

#include "api/http/ascii.hpp"

namespace annals::http {

namespace {

std::string_view media_type_of(std::string_view value) {
    return trim(next_piece(value, ';'));
}

bool names_utf8_or_nothing(std::string_view content_type) {
    next_unquoted_piece(content_type, ';');
    while (!content_type.empty()) {
        std::string_view value = next_unquoted_piece(content_type, ';');
        const std::string_view name = trim(next_piece(value, '='));
        value = trim(value);
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
            value = value.substr(1, value.size() - 2);
        if (equals_ignoring_case(name, "charset") && !equals_ignoring_case(value, "utf-8")) return false;
    }
    return true;
}

bool is_json(std::string_view media_type) {
    if (equals_ignoring_case(media_type, "application/json")) return true;
    if (media_type.size() < 18 || !equals_ignoring_case(media_type.substr(0, 12), "application/"))
        return false;
    return equals_ignoring_case(media_type.substr(media_type.size() - 5), "+json");
}

bool has_zero_weight(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view parameter = trim(next_unquoted_piece(parameters, ';'));
        if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
        return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

/// How closely a media range names the type: 0 not at all, 1 "*/*", 2 "application/*", 3 exactly.
int closeness(std::string_view range, std::string_view media_type) {
    if (equals_ignoring_case(range, media_type)) return 3;
    if (range == "*/*") return 1;
    const std::string_view top = media_type.substr(0, media_type.find('/') + 1);
    const bool same_top = range.size() == top.size() + 1 && range.ends_with('*');
    return same_top && equals_ignoring_case(range.substr(0, top.size()), top) ? 2 : 0;
}

}  // namespace

bool has_media_type(std::string_view content_type, std::string_view media_type) {
    return equals_ignoring_case(media_type_of(content_type), media_type);
}

std::optional<Problem> require_json_body(const Request& request) {
    const std::string_view content_type = request.headers.get("Content-Type");
    if (is_json(media_type_of(content_type)) && names_utf8_or_nothing(content_type)) return std::nullopt;
    return make_problem(
        "UNSUPPORTED_MEDIA_TYPE", "Send the body as Content-Type: application/json, in UTF-8."
    );
}

bool accepts(const Request& request, std::string_view media_type) {
    const std::optional<std::string_view> header = request.headers.find("Accept");
    if (!header || trim(*header).empty()) return true;
    // The closest range decides, so "application/json;q=0, */*" refuses JSON.
    int closest = 0;
    bool accepted = false;
    std::string_view rest = *header;
    while (!rest.empty()) {
        std::string_view parameters = next_unquoted_piece(rest, ',');
        const std::string_view range = trim(next_piece(parameters, ';'));
        const int found = closeness(range, media_type);
        if (found <= closest) continue;
        closest = found;
        accepted = !has_zero_weight(parameters);
    }
    return accepted;
}

std::optional<Problem> require_json_accepted(const Request& request) {
    if (accepts(request, kJson)) return std::nullopt;
    return make_problem("NOT_ACCEPTABLE", "This resource is only available as application/json.");
}

}  // namespace annals::http
