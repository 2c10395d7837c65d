#include "api/openapi/openapi_operation.hpp"

#include "api/http/ascii.hpp"
#include "api/http/problem_catalogue.hpp"
#include "api/kernel/command_input.hpp"
#include "api/openapi/openapi.hpp"
#include "domain/kernel/overloaded.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace annals::api {
namespace {

using contract::Kind;
using contract::TypeInfo;
using Codes = std::vector<std::string_view>;

// What any route may answer once the request has passed the gate.
constexpr std::array<std::string_view, 4> kAnyRoute{
    "BAD_REQUEST", "NOT_ACCEPTABLE", "OVERLOADED", "UNAVAILABLE"
};
constexpr std::array<std::string_view, 4> kAnyBody{
    "MALFORMED_JSON", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION_FAILED"
};

void add(Codes& codes, std::span<const std::string_view> more) {
    codes.insert(codes.end(), more.begin(), more.end());
}

/// `{a}` and `{b}` of "/x/{a}/y/{b}".
std::vector<std::string_view> path_parameters(std::string_view pattern) {
    std::vector<std::string_view> names;
    for (auto open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
        names.push_back(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
    }
    return names;
}

void write_reference(JsonText& json, std::string_view place, std::string_view name) {
    json.text("$ref", std::string(place) + std::string(name));
}

void write_header(JsonText& json, std::string_view header, std::string_view component) {
    json.object(header, [&] { write_reference(json, kHeaderPlace, component); });
}

template <class Schema>
void write_json_content(JsonText& json, Schema&& schema) {
    json.object("content", [&] {
        json.object("application/json", [&] { json.object("schema", std::forward<Schema>(schema)); });
    });
}

class OperationWriter {
public:
    OperationWriter(JsonText& json, const Route& route, SchemaSet& schemas)
        : json_(json), route_(route), schemas_(schemas) {}

    void write() {
        json_.text("operationId", route_.operation);
        json_.texts("tags", std::array{route_.tag});
        json_.text("summary", route_.summary);
        std::visit([this](const auto& action) { describe(action); }, route_.action);
    }

private:
    void describe(const CommandRoute& command) {
        const CommandType& type = *command.type;
        json_.text(
            "description", "Command `" + std::string(type.name()) + "`; needs " + access_in_words(type) + "."
        );
        json_.text("x-command", type.name());
        if (type.access == Access::permission) json_.text("x-permission", permission_name(type.permission));
        json_.array("parameters", [&] {
            write_path_parameters();
            refer_to_parameters({"IdempotencyKey", "IfMatch", "Prefer"});
        });
        write_command_body(command);
        json_.object("responses", [&] {
            const bool creates = type.target == Target::creates;
            json_.object(creates ? "201" : "200", [&] { write_accepted(creates, command.extra_members); });
            Codes codes = problems_of(type);
            add(codes, std::array<std::string_view, 2>{"UNAUTHENTICATED", "INTERNAL"});
            add(codes, kAnyRoute);
            add(codes, kAnyBody);
            write_problems(std::move(codes), true);
        });
    }

    void write_command_body(const CommandRoute& command) {
        const TypeInfo& shape = *command.type->shape->shape;
        const bool needed = std::ranges::any_of(shape.fields, [&](const contract::FieldInfo& field) {
            return !field.type->omittable() && field.name != command.field;
        });
        if (shape.fields.empty()) return;
        json_.object("requestBody", [&] {
            json_.boolean("required", needed);
            write_json_content(json_, [&] {
                if (command.field.empty()) {
                    write_schema(json_, shape, SchemaUse::request, schemas_);
                } else {
                    write_object_schema(json_, shape, SchemaUse::request, schemas_, command.field);
                }
            });
        });
    }

    void write_accepted(bool creates, std::span<const contract::FieldDoc> more) {
        json_.text("description", creates ? "Created." : "Done, or nothing was left to do.");
        json_.object("headers", [&] {
            if (creates) write_header(json_, "Location", "Location");
            write_header(json_, "ETag", "ETag");
            write_header(json_, "Idempotency-Replayed", "IdempotencyReplayed");
            write_header(json_, "Preference-Applied", "PreferenceApplied");
        });
        write_json_content(json_, [&] {
            if (more.empty()) return write_reference(json_, kSchemaPlace, "CommandAnswer");
            json_.array("allOf", [&] {
                json_.object([&] { write_reference(json_, kSchemaPlace, "CommandAnswer"); });
                json_.object([&] { write_more_members(more); });
            });
        });
    }

    void write_more_members(std::span<const contract::FieldDoc> members) {
        std::vector<std::string_view> names;
        json_.text("type", "object");
        json_.object("properties", [&] {
            for (const contract::FieldDoc& member : members) {
                names.push_back(member.field);
                json_.object(member.field, [&] {
                    json_.text("type", "string");
                    json_.text("description", member.text);
                });
            }
        });
        json_.texts("required", names);
    }

    void describe(const QueryRoute& query) {
        const auto permission = permission_name(query.permission);
        const bool own = query.realm == Realm::person;
        json_.text(
            "description",
            own ? "Needs a signed-in person." : "Needs permission `" + std::string(permission) + "`."
        );
        if (!own) json_.text("x-permission", permission);
        json_.array("parameters", [&] {
            write_path_parameters();
            write_query_parameters(query);
        });
        json_.object("responses", [&] {
            json_.object("200", [&] { write_view(query); });
            if (!query.list)
                json_.object("304", [&] { json_.text("description", "Not changed since that version."); });
            Codes codes{"UNAUTHENTICATED",     "FORBIDDEN",         "NOT_FOUND",
                        "POSITION_SUPERSEDED", "PROJECTION_BEHIND", "INTERNAL"};
            if (query.list) codes.emplace_back("CURSOR_INVALID");
            add(codes, kAnyRoute);
            write_problems(std::move(codes), false);
        });
    }

    void write_query_parameters(const QueryRoute& query) {
        if (query.parameters != nullptr) {
            for (const contract::FieldInfo& field : query.parameters->fields) write_query_parameter(field);
        }
        refer_to_parameters({"MinPosition"});
        if (!query.list) return refer_to_parameters({"IfNoneMatch"});
        refer_to_parameters({"Limit", "Cursor"});
        json_.object([&] {
            json_.text("name", "sort");
            json_.text("in", "query");
            json_.text("description", "field and direction; ascending when only a field is named");
            json_.object("schema", [&] { write_sorts(query.sorts); });
        });
    }

    void write_sorts(std::span<const std::string_view> sorts) {
        std::vector<std::string> texts;
        for (const std::string_view field : sorts) {
            for (const std::string_view direction : {"", ":asc", ":desc"}) {
                texts.push_back(std::string(field) + std::string(direction));
            }
        }
        json_.text("type", "string");
        json_.texts("enum", std::vector<std::string_view>(texts.begin(), texts.end()));
        if (!sorts.empty()) json_.text("default", sorts.front());
    }

    void write_query_parameter(const contract::FieldInfo& field) {
        const bool list = field.type->kind == Kind::list ||
                          (field.type->kind == Kind::optional && field.type->element->kind == Kind::list);
        json_.object([&] {
            json_.text("name", field.name);
            json_.text("in", "query");
            if (!field.type->omittable() && !list) json_.boolean("required", true);
            if (!field.doc.empty()) json_.text("description", field.doc);
            if (list) {  // items between commas
                json_.text("style", "form");
                json_.boolean("explode", false);
            }
            json_.object("schema", [&] { write_schema(json_, *field.type, SchemaUse::answer, schemas_); });
        });
    }

    void write_view(const QueryRoute& query) {
        json_.text("description", query.list ? "One page." : "The resource.");
        json_.object("headers", [&] {
            write_header(json_, query.list ? "Link" : "ETag", query.list ? "Link" : "ETag");
        });
        const auto view = [&] {
            if (query.view != nullptr) write_schema(json_, *query.view, SchemaUse::answer, schemas_);
        };
        write_json_content(json_, [&] {
            if (!query.list) return view();
            json_.text("type", "object");
            json_.object("properties", [&] {
                json_.object("items", [&] {
                    json_.text("type", "array");
                    json_.object("items", view);
                });
                json_.object("next_cursor", [&] {
                    json_.texts("type", std::array<std::string_view, 2>{"string", "null"});
                    json_.text("description", "hand it back as `cursor` for the next page");
                });
                json_.object("has_more", [&] { json_.text("type", "boolean"); });
            });
            json_.texts("required", std::array<std::string_view, 3>{"items", "next_cursor", "has_more"});
        });
    }

    void describe(const CustomRoute& custom) {
        if (custom.is_public) json_.array("security", [] {});
        const bool is_form = custom.body == command_form_info() || custom.body == command_batch_info();
        json_.array("parameters", [&] {
            write_path_parameters();
            if (custom.body == command_form_info()) refer_to_parameters({"Prefer"});
        });
        if (custom.body != nullptr) {
            json_.object("requestBody", [&] {
                json_.boolean("required", true);
                write_json_content(json_, [&] { write_custom_body(custom); });
            });
        }
        json_.object("responses", [&] {
            json_.object(std::to_string(custom.success), [&] { write_custom_answer(custom); });
            Codes codes(custom.problems.begin(), custom.problems.end());
            codes.emplace_back("INTERNAL");
            if (!custom.is_public) codes.emplace_back("UNAUTHENTICATED");
            if (is_form) add(codes, form_problems());
            add(codes, kAnyRoute);
            if (custom.body != nullptr) add(codes, kAnyBody);
            write_problems(std::move(codes), false);
        });
    }

    static std::span<const std::string_view> form_problems() {
        static constexpr std::array<std::string_view, 5> kCodes{
            "FORBIDDEN", "IDEMPOTENCY_MISMATCH", "IN_PROGRESS", "NOT_FOUND", "VERSION_CONFLICT"
        };
        return kCodes;
    }

    void write_custom_body(const CustomRoute& custom) {
        if (custom.body == command_form_info()) return write_reference(json_, kSchemaPlace, "Command");
        if (custom.body == command_batch_info()) return write_reference(json_, kSchemaPlace, "CommandBatch");
        write_schema(json_, *custom.body, SchemaUse::request, schemas_);
    }

    void write_custom_answer(const CustomRoute& custom) {
        json_.text("description", custom.success == 201 ? "Created." : "Done.");
        if (custom.body == command_form_info()) {
            return write_json_content(json_, [&] { write_reference(json_, kSchemaPlace, "CommandAnswer"); });
        }
        if (custom.body == command_batch_info()) {
            return write_json_content(json_, [&] {
                write_reference(json_, kSchemaPlace, "CommandBatchAnswer");
            });
        }
        if (custom.answer == nullptr) return;
        write_json_content(json_, [&] { write_schema(json_, *custom.answer, SchemaUse::answer, schemas_); });
    }

    void write_path_parameters() {
        for (const std::string_view name : path_parameters(route_.pattern)) {
            json_.object([&] {
                json_.text("name", name);
                json_.text("in", "path");
                json_.boolean("required", true);
                json_.object("schema", [&] {
                    json_.text("type", "string");
                    json_.text("format", "uuid");
                });
            });
        }
    }

    void refer_to_parameters(std::initializer_list<std::string_view> names) {
        for (const std::string_view name : names) {
            json_.object([&] { write_reference(json_, kParameterPlace, name); });
        }
    }

    /// One answer for each status: the code's shared response, or one that names all codes of the status.
    void write_problems(Codes codes, bool if_match) {
        std::ranges::sort(codes);
        codes.erase(std::ranges::unique(codes).begin(), codes.end());
        std::map<int, Codes> by_status;
        for (const std::string_view code : codes) {
            const http::ProblemInfo* info = http::find_problem(code);
            if (info == nullptr) continue;  // a test says so: every code is in the catalogue
            // On a resource route the expected version comes in If-Match, see to_problem.
            by_status[if_match && code == "VERSION_CONFLICT" ? 412 : info->status].push_back(code);
        }
        for (const auto& [status, of_status] : by_status) {
            json_.object(std::to_string(status), [&] { write_problem(of_status); });
        }
    }

    void write_problem(const Codes& codes) {
        if (codes.size() == 1) return write_reference(json_, kResponsePlace, codes.front());
        std::string description;
        for (const std::string_view code : codes) {
            const http::ProblemInfo* info = http::find_problem(code);
            description += (description.empty() ? "`" : "\n\n`") + std::string(code) + "`: ";
            description += info->explanation;
        }
        json_.text("description", description);
        json_.object("content", [&] {
            json_.object("application/problem+json", [&] {
                json_.object("schema", [&] {
                    json_.array("allOf", [&] {
                        json_.object([&] { write_reference(json_, kSchemaPlace, "Problem"); });
                        json_.object([&] {
                            json_.object("properties", [&] {
                                json_.object("code", [&] { json_.texts("enum", codes); });
                            });
                        });
                    });
                });
            });
        });
    }

    static std::string_view permission_name(organizations::Permission permission) {
        return organizations::permission_name(permission);
    }

    JsonText& json_;
    const Route& route_;
    SchemaSet& schemas_;
};

}  // namespace

void write_operation(JsonText& json, const Route& route, SchemaSet& schemas) {
    std::string method(http::to_string(route.method));
    for (char& c : method) c = http::lower(c);
    json.object(method, [&] { OperationWriter(json, route, schemas).write(); });
}

std::string form_schema_name(const CommandType& command) {
    return std::string(command.shape->shape->name) + "Command";
}

}  // namespace annals::api
