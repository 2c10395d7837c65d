#include "api/openapi/openapi_components.hpp"

#include "api/http/limits.hpp"
#include "api/http/problem_catalogue.hpp"
#include "api/kernel/command_input.hpp"
#include "api/kernel/query_endpoint.hpp"
#include "api/openapi/openapi_operation.hpp"

#include <algorithm>
#include <array>

namespace annals::api {
namespace {

using contract::FieldInfo;

constexpr std::string_view kPositionPattern = "^[0-9]+-[0-9]+-[0-9]+$";

struct Parameter {
    std::string_view component;
    std::string_view name;
    std::string_view in;
    std::string_view description;
};

constexpr std::array kTextParameters{
    Parameter{
        "IdempotencyKey", "Idempotency-Key", "header",
        "makes the command safe to repeat: 1 to 255 visible ASCII characters, a UUID by preference"
    },
    Parameter{"IfMatch", "If-Match", "header", "the ETag that the command expects its target to have: \"7\""},
    Parameter{
        "IfNoneMatch", "If-None-Match", "header",
        "the ETag that is known already; answered 304 if it still holds"
    },
    Parameter{
        "Prefer", "Prefer", "header",
        "`wait=2` holds the answer until queries can see the change, 10 seconds at most"
    },
    Parameter{"Cursor", "cursor", "query", "`next_cursor` of the page before"},
};

void write_text_schema(JsonText& json, std::string_view description = {}) {
    json.text("type", "string");
    if (!description.empty()) json.text("description", description);
}

void write_position_schema(JsonText& json) {
    write_text_schema(json, "where the command's last event stands in the log; opaque, to be handed back");
    json.text("pattern", kPositionPattern);
}

void write_example(JsonText& json, std::string_view example) {
    json.array("examples", [&] {
        json.object([&] {
            json.text("id", "01890000-0000-7000-8000-000000000001");
            json.number("version", 1);
            json.text("position", example);
        });
    });
}

struct Header {
    std::string_view component;
    std::string_view description;
};

constexpr std::array kHeaders{
    Header{"ETag", "the version, as If-Match takes it: \"7\""},
    Header{"Location", "the address of what was created"},
    Header{"Link", "the next page, rel=\"next\"; left out on the last one"},
    Header{"IdempotencyReplayed", "`true` when this is the stored answer of an earlier request"},
    Header{"PreferenceApplied", "`wait=N` when queries can see the change"},
    Header{"RetryAfter", "seconds to wait before trying again"},
};

void write_problem_schema(JsonText& json) {
    json.text("type", "object");
    json.text(
        "description",
        "RFC 9457; some codes have further members, such as current_version of VERSION_CONFLICT"
    );
    json.object("properties", [&] {
        json.object("type", [&] { write_text_schema(json, "the address of the code's page"); });
        json.object("title", [&] { write_text_schema(json, "what the code means; the same for each code"); });
        json.object("status", [&] { json.text("type", "integer"); });
        json.object("code", [&] { write_text_schema(json, "stable; programs decide by it"); });
        json.object("detail", [&] { write_text_schema(json, "what happened this time, for people"); });
        json.object("instance", [&] {
            write_text_schema(json, "urn:uuid: and the request's id, as in the server's log");
        });
        json.object("current_version", [&] { json.text("type", "integer"); });
        json.object("errors", [&] {
            json.text("type", "array");
            json.object("items", [&] {
                json.text("type", "object");
                json.object("properties", [&] {
                    json.object("pointer", [&] {
                        write_text_schema(json, "JSON Pointer (RFC 6901) into the body");
                    });
                    json.object("parameter", [&] {
                        write_text_schema(json, "the query parameter, when it is one");
                    });
                    json.object("code", [&] { write_text_schema(json, "stable: missing, too_long, ..."); });
                    json.object("detail", [&] { write_text_schema(json); });
                });
                json.texts("required", std::array<std::string_view, 2>{"code", "detail"});
            });
        });
    });
    json.texts("required", std::array<std::string_view, 4>{"type", "title", "status", "code"});
}

void write_batch_schemas(JsonText& json) {
    json.object("CommandBatch", [&] {
        json.text("type", "object");
        json.object("properties", [&] {
            json.object("atomic", [&] {
                json.texts("type", std::array<std::string_view, 2>{"boolean", "null"});
                json.text("description", "all or nothing, within one organization; false when left out");
            });
            json.object("commands", [&] {
                json.text("type", "array");
                json.text("description", "no two of them with the same command_id");
                json.object("items", [&] { json.text("$ref", std::string(kSchemaPlace) + "Command"); });
                json.number("minItems", 1);
                json.number("maxItems", static_cast<std::int64_t>(kCommandBatchMax));
            });
        });
        json.texts("required", std::array<std::string_view, 1>{"commands"});
        json.boolean("additionalProperties", false);
    });
    json.object("CommandBatchAnswer", [&] {
        json.text("type", "object");
        json.object("properties", [&] {
            json.object("items", [&] {
                json.text("type", "array");
                json.text("description", "one for each command, in their order: a result or a problem");
                json.object("items", [&] {
                    json.text("type", "object");
                    json.object("properties", [&] {
                        json.object("status", [&] { json.text("type", "integer"); });
                        json.object("result", [&] {
                            json.text("$ref", std::string(kSchemaPlace) + "CommandAnswer");
                        });
                        json.object("problem", [&] {
                            json.text("$ref", std::string(kSchemaPlace) + "Problem");
                        });
                    });
                    json.texts("required", std::array<std::string_view, 1>{"status"});
                });
            });
        });
        json.texts("required", std::array<std::string_view, 1>{"items"});
    });
}

/// CommandForm with what this command makes of it: its name, whether a target is named, its own data.
void write_command_form(JsonText& json, const CommandType& command, SchemaSet& schemas) {
    const bool creates = command.target == Target::creates;
    const auto& data = *command.shape->shape;
    std::vector<std::string_view> required{"type"};
    if (!creates) required.emplace_back("id");
    if (std::ranges::any_of(data.fields, [](const FieldInfo& field) { return !field.type->omittable(); })) {
        required.emplace_back("data");
    }
    json.text("type", "object");
    json.object("properties", [&] {
        for (const FieldInfo& field : command_form_info()->fields) {
            if (creates && field.name == "id") continue;
            json.object(field.name, [&] {
                if (field.name == "type") return json.text("const", command.name());
                if (field.name == "data") return write_schema(json, data, SchemaUse::request, schemas);
                const bool target = field.name == "id";
                const auto& type = target ? *field.type->element : *field.type;
                write_schema(json, type, SchemaUse::request, schemas);
                if (!field.doc.empty()) json.text("description", field.doc);
            });
        }
    });
    json.texts("required", required);
    json.boolean("additionalProperties", false);
}

}  // namespace

void write_shared_parameters(JsonText& json) {
    json.object("parameters", [&] {
        for (const Parameter& parameter : kTextParameters) {
            json.object(parameter.component, [&] {
                json.text("name", parameter.name);
                json.text("in", parameter.in);
                json.text("description", parameter.description);
                json.object("schema", [&] { write_text_schema(json); });
            });
        }
        json.object("MinPosition", [&] {
            json.text("name", "min_position");
            json.text("in", "query");
            json.text(
                "description", "the `position` a command answered; the query waits until it sees that event"
            );
            json.object("schema", [&] {
                json.text("type", "string");
                json.text("pattern", kPositionPattern);
            });
        });
        json.object("Limit", [&] {
            json.text("name", "limit");
            json.text("in", "query");
            json.text("description", "items wanted; more than the largest page gets the largest page");
            json.object("schema", [&] {
                json.text("type", "integer");
                json.number("minimum", 1);
                json.number("default", static_cast<std::int64_t>(kListLimitDefault));
                json.text("description", "the largest page has " + std::to_string(kListLimitMax) + " items");
            });
        });
    });
}

void write_shared_headers(JsonText& json) {
    json.object("headers", [&] {
        for (const Header& header : kHeaders) {
            json.object(header.component, [&] {
                json.text("description", header.description);
                json.object("schema", [&] { write_text_schema(json); });
            });
        }
    });
}

void write_shared_problems(JsonText& json) {
    json.object("responses", [&] {
        for (const http::ProblemInfo& info : http::problem_catalogue()) {
            json.object(info.code, [&] {
                json.text("description", std::string(info.explanation) + " " + std::string(info.remedy));
                if (info.status == 503 || info.status == 429) {
                    json.object("headers", [&] {
                        json.object("Retry-After", [&] {
                            json.text("$ref", std::string(kHeaderPlace) + "RetryAfter");
                        });
                    });
                }
                json.object("content", [&] {
                    json.object("application/problem+json", [&] {
                        json.object("schema", [&] {
                            json.text("$ref", std::string(kSchemaPlace) + "Problem");
                        });
                        json.object("example", [&] {
                            json.text("type", "/docs/problems/" + http::problem_slug(info.code));
                            json.text("title", info.title);
                            json.number("status", info.status);
                            json.text("code", info.code);
                        });
                    });
                });
            });
        }
    });
}

void write_shared_schemas(JsonText& json) {
    json.object("Problem", [&] { write_problem_schema(json); });
    json.object("CommandAnswer", [&] {
        json.text("type", "object");
        json.object("properties", [&] {
            json.object("id", [&] {
                write_text_schema(json, "what the command was about");
                json.text("format", "uuid");
            });
            json.object("version", [&] {
                json.text("type", "integer");
                json.number("minimum", 0);
                json.text("description", "its version now");
            });
            json.object("position", [&] { write_position_schema(json); });
        });
        json.texts("required", std::array<std::string_view, 3>{"id", "version", "position"});
        write_example(json, "1-3-4711");
    });
    write_batch_schemas(json);
}

void write_command_schemas(JsonText& json, std::span<const CommandType* const> commands, SchemaSet& schemas) {
    if (commands.empty()) return;
    json.object("Command", [&] {
        json.array("oneOf", [&] {
            for (const CommandType* command : commands) {
                json.object([&] { json.text("$ref", std::string(kSchemaPlace) + form_schema_name(*command)); }
                );
            }
        });
        json.object("discriminator", [&] {
            json.text("propertyName", "type");
            json.object("mapping", [&] {
                for (const CommandType* command : commands) {
                    json.text(command->name(), std::string(kSchemaPlace) + form_schema_name(*command));
                }
            });
        });
    });
    for (const CommandType* command : commands) {
        json.object(form_schema_name(*command), [&] { write_command_form(json, *command, schemas); });
    }
}

}  // namespace annals::api
