#include "api/openapi/reference_pages.hpp"

#include "api/openapi/json_schema.hpp"
#include "api/openapi/openapi.hpp"

#include <algorithm>

namespace annals::api {
namespace {

using contract::FieldInfo;
using contract::Kind;
using contract::TypeInfo;

std::string integer_in_words(const TypeInfo& type) {
    if (type.min == INT64_MIN && type.max == INT64_MAX) return "whole number";
    if (type.max == INT64_MAX) return "whole number from " + std::to_string(type.min);
    return "whole number, " + std::to_string(type.min) + " to " + std::to_string(type.max);
}

std::string text_in_words(const TextRules& rules) {
    if (!rules.format.empty() && rules.min == rules.max) return std::string(rules.format);
    std::string words = rules.format.empty() ? "text" : std::string(rules.format);
    if (rules.max > 0 && rules.min == rules.max) words += ", " + std::to_string(rules.max) + " characters";
    if (rules.max > rules.min) {
        words += ", " + std::to_string(rules.min) + " to " + std::to_string(rules.max) + " characters";
    }
    if (rules.line_breaks) words += ", several lines";
    if (!rules.pattern.empty()) words += ", `" + std::string(rules.pattern) + "`";
    return words;
}

std::string list_in_words(const TypeInfo& type) {
    std::string words = "list of ";
    if (type.items_max > 0)
        words += std::to_string(type.items_min) + " to " + std::to_string(type.items_max) + " × ";
    return words + type_in_words(*type.element);
}

std::string enumeration_in_words(const TypeInfo& type) {
    std::string words;
    for (const std::string_view name : type.enumerators) {
        words += words.empty() ? "`" : " · `";
        words += std::string(name) + "`";
    }
    return words;
}

/// A table cell must not end at a pattern's own bar.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string_view presence(const TypeInfo& type) {
    if (type.kind == Kind::optional) return "may be left out";
    if (type.kind == Kind::patch) return "left out: unchanged, null: removed";
    return "always";
}

/// The named objects a type contains, each once, in the order met.
void collect_objects(const TypeInfo& type, std::vector<const TypeInfo*>& found) {
    if (type.element != nullptr) return collect_objects(*type.element, found);
    if (type.kind != Kind::object) return;
    if (!type.name.empty() && std::ranges::find(found, &type) == found.end()) found.push_back(&type);
    for (const FieldInfo& field : type.fields) collect_objects(*field.type, found);
}

void append_fields(std::string& page, const TypeInfo& type) {
    if (type.fields.empty()) {
        page += "No fields.\n\n";
        return;
    }
    page += "| field | type | present | meaning |\n|---|---|---|---|\n";
    for (const FieldInfo& field : type.fields) {
        page += "| `" + std::string(field.name) + "` | " + cell(type_in_words(*field.type)) + " | ";
        page += std::string(presence(*field.type)) + " | " + cell(field.doc) + " |\n";
    }
    page += '\n';
}

void append_shared_objects(std::string& page, const std::vector<const TypeInfo*>& objects) {
    if (objects.empty()) return;
    page += "## Objects used above\n\n";
    for (const TypeInfo* object : objects) {
        page += "### " + std::string(object->name) + "\n\n";
        append_fields(page, *object);
    }
}

/// The objects in the fields of a message, without the message itself.
void collect_of_fields(const TypeInfo& message, std::vector<const TypeInfo*>& found) {
    for (const FieldInfo& field : message.fields) collect_objects(*field.type, found);
}

void append_routes(std::string& page, std::span<const Route> routes, const CommandType& command) {
    page += "- routes:";
    for (const Route& route : routes) {
        const auto* sends = std::get_if<CommandRoute>(&route.action);
        if (sends == nullptr || sends->type != &command) continue;
        page += " `" + std::string(http::to_string(route.method)) + " " + std::string(route.pattern) + "`";
    }
    page += "\n";
}

void append_codes(std::string& page, std::string_view title, std::span<const std::string_view> codes) {
    page += "- " + std::string(title) + ":";
    for (const std::string_view code : codes) page += " `" + std::string(code) + "`";
    page += "\n";
}

}  // namespace

std::string type_in_words(const TypeInfo& type) {
    switch (type.kind) {
        case Kind::boolean:
            return "true or false";
        case Kind::integer:
            return integer_in_words(type);
        case Kind::text:
            return text_in_words(type.rules);
        case Kind::enumeration:
            return enumeration_in_words(type);
        case Kind::object:
            if (!type.name.empty()) return std::string(type.name);
            return "before and after: " + type_in_words(*type.fields.front().type);
        case Kind::list:
            return list_in_words(type);
        case Kind::optional:
        case Kind::patch:
            return type_in_words(*type.element);
        case Kind::sealed:
            return "personal: " + type_in_words(*type.element);
        case Kind::any:
            return "any JSON";
    }
    return {};
}

std::string events_page(const contract::EventCatalogue& catalogue) {
    std::string page =
        "# Events\n\n"
        "Generated from `domain/<context>/events.hpp`; `./dev golden` writes it anew. The envelope around "
        "the data is in\n"
        "[asyncapi.json](asyncapi.json). *personal* fields stand in a line as `{\"subject\", "
        "\"sealed\"}`, encrypted with a\n"
        "key of their subject's own.\n\n"
        "| event | version | stream |\n"
        "|---|---|---|\n";
    std::vector<const TypeInfo*> objects;
    for (const auto& type : catalogue.types()) {
        page += "| `" + std::string(type.name) + "` | " + std::to_string(type.schema_version) + " | ";
        page += std::string(type.category) + " |\n";
        collect_of_fields(*type.shape, objects);
    }
    page += '\n';
    for (const auto& type : catalogue.types()) {
        page += "## " + std::string(type.name) + ", version " + std::to_string(type.schema_version) + "\n\n";
        append_fields(page, *type.shape);
    }
    append_shared_objects(page, objects);
    page.pop_back();
    return page;
}

std::string commands_page(std::span<const Route> routes) {
    std::string page =
        "# Commands\n\n"
        "Generated from `domain/<context>/commands.hpp` and the route tables; `./dev golden` writes it "
        "anew. Each command\n"
        "can be sent by its route, by `POST /api/v1/commands` and in `POST /api/v1/commands:batch`. Every "
        "route may refuse\n"
        "with the codes of HTTP and authentication too, see [openapi.json](openapi.json).\n\n"
        "| command | needs |\n"
        "|---|---|\n";
    const auto commands = commands_of(routes);
    std::vector<const TypeInfo*> objects;
    for (const CommandType* command : commands) {
        page += "| `" + std::string(command->name()) + "` | " + access_in_words(*command) + " |\n";
        collect_of_fields(*command->shape->shape, objects);
    }
    page += '\n';
    for (const CommandType* command : commands) {
        page += "## " + std::string(command->name()) + "\n\n";
        page += "- needs " + access_in_words(*command) + "\n";
        append_routes(page, routes, *command);
        append_codes(page, "refusals", problems_of(*command));
        page += '\n';
        append_fields(page, *command->shape->shape);
    }
    append_shared_objects(page, objects);
    page.pop_back();
    return page;
}

}  // namespace annals::api
