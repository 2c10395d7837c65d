#include "api/openapi/json_schema.hpp"

#include <algorithm>
#include <array>

namespace annals::api {
namespace {

using contract::FieldInfo;
using contract::Kind;
using contract::TypeInfo;

constexpr std::string_view kSealedDoc =
    "base64url of the value, encrypted with a key of its subject's own: once that key is destroyed it is "
    "unreadable for ever";

void write_type(JsonText& json, std::string_view type, bool nullable) {
    if (nullable) {
        json.texts("type", std::array<std::string_view, 2>{type, "null"});
    } else {
        json.text("type", type);
    }
}

void write_text_limits(JsonText& json, const TextRules& rules) {
    if (!rules.format.empty()) json.text("format", rules.format);
    // A format such as uuid fixes the length already.
    const bool fixed = !rules.format.empty() && rules.min == rules.max;
    if (!fixed && rules.min > 0) json.number("minLength", static_cast<std::int64_t>(rules.min));
    if (!fixed && rules.max > 0) json.number("maxLength", static_cast<std::int64_t>(rules.max));
    if (!rules.pattern.empty()) json.text("pattern", rules.pattern);
}

void write_integer(JsonText& json, const TypeInfo& type, bool nullable) {
    write_type(json, "integer", nullable);
    json.text("format", "int64");
    if (type.min != INT64_MIN) json.number("minimum", type.min);
    if (type.max != INT64_MAX) json.number("maximum", type.max);
}

void write_list(JsonText& json, const TypeInfo& type, SchemaUse use, SchemaSet& set, bool nullable) {
    write_type(json, "array", nullable);
    json.object("items", [&] { write_schema(json, *type.element, use, set); });
    if (type.items_min > 0) json.number("minItems", static_cast<std::int64_t>(type.items_min));
    if (type.items_max > 0) json.number("maxItems", static_cast<std::int64_t>(type.items_max));
}

void write_sealed(JsonText& json) {
    json.text("type", "object");
    json.object("properties", [&] {
        json.object("subject", [&] {
            json.text("type", "string");
            json.text("format", "uuid");
            json.text("description", "whom the data is about");
        });
        json.object("sealed", [&] {
            json.text("type", "string");
            json.text("description", kSealedDoc);
        });
    });
    json.texts("required", std::array<std::string_view, 1>{"subject"});
    json.boolean("additionalProperties", false);
}

/// A value that may be null as well. Where a type has no place for a second type name, it is one of two.
void write_nullable(JsonText& json, const TypeInfo& type, SchemaUse use, SchemaSet& set) {
    switch (type.kind) {
        case Kind::boolean:
            return write_type(json, "boolean", true);
        case Kind::integer:
            return write_integer(json, type, true);
        case Kind::text:
            write_type(json, "string", true);
            return write_text_limits(json, type.rules);
        case Kind::list:
            return write_list(json, type, use, set, true);
        default:
            json.array("anyOf", [&] {
                json.object([&] { write_schema(json, type, use, set); });
                json.object([&] { json.text("type", "null"); });
            });
    }
}

}  // namespace

std::string SchemaSet::free_name(std::string_view wanted) const {
    std::string name(wanted);
    for (int number = 2; std::ranges::find(entries_, name, &Entry::name) != entries_.end(); ++number) {
        name = std::string(wanted) + std::to_string(number);
    }
    return name;
}

std::string SchemaSet::reference(const TypeInfo& type, SchemaUse use) {
    if (type.kind == Kind::enumeration) use = SchemaUse::request;  // an enumeration is the same everywhere
    const auto known = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.type == &type && entry.use == use;
    });
    if (known != entries_.end()) return place_ + known->name;
    entries_.push_back({&type, use, free_name(type.name)});
    return place_ + entries_.back().name;
}

void SchemaSet::write_definitions(JsonText& json) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {  // grows while definitions refer to others
        const Entry entry = entries_[i];
        json.object(entry.name, [&] {
            if (entry.type->kind == Kind::enumeration) {
                json.text("type", "string");
                json.texts("enum", entry.type->enumerators);
            } else {
                write_object_schema(json, *entry.type, entry.use, *this);
            }
        });
    }
}

void write_schema(JsonText& json, const TypeInfo& type, SchemaUse use, SchemaSet& set) {
    switch (type.kind) {
        case Kind::boolean:
            return write_type(json, "boolean", false);
        case Kind::integer:
            return write_integer(json, type, false);
        case Kind::text:
            write_type(json, "string", false);
            return write_text_limits(json, type.rules);
        case Kind::enumeration:
            return json.text("$ref", set.reference(type, use));
        case Kind::object:
            if (!type.name.empty()) return json.text("$ref", set.reference(type, use));
            return write_object_schema(json, type, use, set);
        case Kind::list:
            return write_list(json, type, use, set, false);
        case Kind::optional:
            if (use == SchemaUse::request) return write_nullable(json, *type.element, use, set);
            return write_schema(json, *type.element, use, set);
        case Kind::patch:
            return write_nullable(json, *type.element, use, set);
        case Kind::sealed:
            if (use == SchemaUse::event) return write_sealed(json);
            return write_schema(json, *type.element, use, set);
        case Kind::any:
            return;
    }
}

void write_object_schema(
    JsonText& json, const TypeInfo& type, SchemaUse use, SchemaSet& set, std::string_view without_field
) {
    json.text("type", "object");
    if (!type.doc.empty()) json.text("description", type.doc);
    std::vector<std::string_view> required;
    json.object("properties", [&] {
        for (const FieldInfo& field : type.fields) {
            if (field.name == without_field) continue;
            if (!field.type->omittable()) required.push_back(field.name);
            json.object(field.name, [&] {
                write_schema(json, *field.type, use, set);
                if (!field.doc.empty()) json.text("description", field.doc);
            });
        }
    });
    if (!required.empty()) json.texts("required", required);
    if (use != SchemaUse::answer) json.boolean("additionalProperties", false);
}

std::string event_schema_name(const contract::EventType& type) {
    return std::string(type.name) + ".v" + std::to_string(type.schema_version);
}

std::string event_schema(const contract::EventType& type) {
    SchemaSet set("#/$defs/");
    JsonText json;
    json.object([&] {
        json.text("$schema", "https://json-schema.org/draft/2020-12/schema");
        json.text("$id", "/schemas/" + event_schema_name(type));
        json.text("title", type.name);
        write_object_schema(json, *type.shape, SchemaUse::event, set);
        if (!set.empty()) json.object("$defs", [&] { set.write_definitions(json); });
    });
    return std::move(json).take();
}

}  // namespace annals::api
