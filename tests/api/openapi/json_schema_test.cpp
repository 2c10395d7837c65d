#include "api/openapi/json_schema.hpp"

#include "domain/catalogue.hpp"

#include <gtest/gtest.h>

namespace annals::api {
namespace {

const contract::TypeInfo& command_shape(std::string_view name) {
    return *contract::find_command_shape(name)->shape;
}

std::string object_schema(const contract::TypeInfo& type, SchemaUse use, std::string_view without = {}) {
    SchemaSet set("#/");
    JsonText json;
    json.object([&] { write_object_schema(json, type, use, set, without); });
    return std::move(json).take();
}

std::string event_data_schema(std::string_view name) {
    return event_schema(*contract::event_catalogue().find(name, 1));
}

void expect_contains(const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

void expect_lacks(const std::string& text, std::string_view part) {
    EXPECT_EQ(text.find(part), std::string::npos) << part << " stands in\n" << text;
}

TEST(JsonSchema, ClosesRequestsAndEventsButNotAnswers) {
    const auto& type = command_shape("prj.CreateTask");
    expect_contains(object_schema(type, SchemaUse::request), R"("additionalProperties": false)");
    expect_contains(event_data_schema("prj.TaskCreated"), R"("additionalProperties": false)");
    expect_lacks(object_schema(type, SchemaUse::answer), "additionalProperties");
}

TEST(JsonSchema, CarriesLimitsPatternsFormatsAndSentences) {
    const std::string schema = object_schema(command_shape("prj.CreateTask"), SchemaUse::request);
    expect_contains(schema, R"("title": {
      "type": "string",
      "minLength": 1,
      "maxLength": 255,
      "description": "the task in one line"
    })");
    expect_contains(schema, R"("estimate_min": {
      "type": ["integer", "null"],
      "format": "int64",
      "minimum": 0,
      "maximum": 600000,)");
    expect_contains(schema, R"("format": "uuid")");
    expect_contains(schema, R"("format": "date")");
    expect_contains(schema, R"("maxItems": 10)");
    expect_contains(
        object_schema(command_shape("prj.CreateProject"), SchemaUse::request),
        R"("pattern": "^[A-Z][A-Z0-9]{1,9}$")"
    );
}

TEST(JsonSchema, DemandsWhatCannotBeLeftOut) {
    expect_contains(
        object_schema(command_shape("prj.CreateTask"), SchemaUse::request),
        R"("required": ["project_id", "title"])"
    );
    expect_lacks(object_schema(command_shape("prj.UpdateTask"), SchemaUse::request), "\"required\"");
}

TEST(JsonSchema, LeavesOutTheFieldThatThePathGives) {
    const std::string schema =
        object_schema(command_shape("prj.CreateTask"), SchemaUse::request, "project_id");
    expect_lacks(schema, "project_id");
    expect_contains(schema, R"("required": ["title"])");
}

TEST(JsonSchema, LetsAPatchBeNullButNotAnOptionalFieldOfAnEvent) {
    expect_contains(object_schema(command_shape("prj.UpdateTask"), SchemaUse::request), R"("due": {
      "type": ["string", "null"],
      "format": "date",)");
    expect_lacks(event_data_schema("prj.TaskCreated"), "\"null\"");
}

TEST(JsonSchema, SealsPersonalDataInEventsOnly) {
    expect_contains(event_data_schema("idn.UserRegistered"), R"("sealed": {)");
    const std::string plain = object_schema(command_shape("org.InviteMember"), SchemaUse::request);
    expect_contains(plain, R"("format": "email")");
    expect_lacks(plain, "\"sealed\"");
}

TEST(JsonSchema, NamesAnEnumerationOnce) {
    const std::string schema = event_data_schema("prj.TaskMoved");
    expect_contains(schema, R"("$ref": "#/$defs/TaskCategory")");
    expect_contains(
        schema, R"("enum": ["backlog", "todo", "in_progress", "in_review", "blocked", "done", "cancelled"])"
    );
    EXPECT_EQ(schema.find("\"TaskCategory\": {"), schema.rfind("\"TaskCategory\": {"));
}

TEST(JsonSchema, WritesAChangeInPlace) {
    expect_contains(event_data_schema("prj.TaskMoved"), R"("required": ["before", "after"])");
}

TEST(JsonSchema, TellsTwoTypesOfOneNameApart) {
    contract::TypeInfo first;
    first.kind = contract::Kind::object;
    first.name = "Item";
    const contract::TypeInfo second = first;
    SchemaSet set("#/");
    EXPECT_EQ(set.reference(first, SchemaUse::request), "#/Item");
    EXPECT_EQ(set.reference(second, SchemaUse::request), "#/Item2");
    EXPECT_EQ(set.reference(first, SchemaUse::request), "#/Item");
}

TEST(JsonSchema, HasOneForEveryStoredVersionOfEveryEvent) {
    for (const auto& type : contract::event_catalogue().types()) {
        const std::string schema = event_schema(type);
        expect_contains(schema, "\"$id\": \"/schemas/" + event_schema_name(type) + "\"");
    }
}

}  // namespace
}  // namespace annals::api
