#include "api/openapi/asyncapi.hpp"

#include "api/openapi/json_schema.hpp"

#include <array>
#include <vector>

namespace annals::api {
namespace {

constexpr std::string_view kSchemaPlace = "#/components/schemas/";
constexpr std::string_view kContentType = "application/cloudevents+json; charset=UTF-8";

constexpr std::string_view kDescription =
    "Every event of the log, once, in order, as one CloudEvents 1.0 JSON object on one line: the same "
    "bytes that the log hashes and that exports contain.\n\n"
    "**Order.** Log partition p is Kafka partition p. Within a partition `position` counts 1, 2, 3, ... "
    "without a gap. A realm (an organization, a person, the platform) lives in one partition, so its "
    "events are ordered among themselves.\n\n"
    "**Read with `isolation.level=read_committed`.** The relay writes in Kafka transactions. A "
    "`read_uncommitted` reader may see records of a transaction that is aborted later: the same positions "
    "come again afterwards, with the same bytes, so keep the first record of each. Offsets have gaps "
    "where transactions end; never count with them.\n\n"
    "**Duplicates.** `position` settles them: keep the highest one you have applied for each partition "
    "and drop what is not above it. A gap between two positions cannot happen on a topic that keeps "
    "everything (`retention.ms=-1`); where it does, stop and ask the log. The broker inside the process "
    "(used when no Kafka is given) keeps only the last few thousand records of each partition and knows "
    "no transactions.\n\n"
    "**Epochs.** When the log was restored from a backup, its epoch rises, and what the topic held beyond "
    "that point is superseded: nothing is deleted, but where the header `epoch` rises at position n, drop "
    "what you hold of that partition from n on, and go on from there.\n\n"
    "**Verify.** The leaf hash of an event is SHA-256 over one zero byte and the line, without a line "
    "feed: `{ printf '\\0'; printf %s \"$line\"; } | sha256sum`. The log keeps it beside the line.\n\n"
    "**Personal data** stands in the lines only as `{\"subject\", \"sealed\"}`: encrypted with a key of "
    "its subject's own. When that key is destroyed the value is gone from the log, this topic and every "
    "copy, and every hash still holds.";

struct Attribute {
    std::string_view name;
    std::string_view type;    ///< JSON type
    std::string_view format;  ///< JSON Schema format or empty
    std::string_view doc;
    bool required{true};
};

/// The envelope in the order of the line; domain/contract/event_line.cpp writes it, a test compares.
constexpr auto kAttributes = std::to_array<Attribute>({
    {"specversion", "string", "", "1.0"},
    {"id", "string", "uuid", "the event's id, UUIDv7"},
    {"source", "string", "uri-reference", "/realms/ and the realm"},
    {"type", "string", "", "the event type: prj.TaskMoved"},
    {"subject", "string", "", "the stream: category, dash, id"},
    {"time", "string", "date-time", "when it was appended"},
    {"datacontenttype", "string", "", "application/json"},
    {"dataschema", "string", "uri-reference", "the JSON Schema of `data`, served under this path"},
    {"schemaversion", "integer", "", "the stored version of the event type"},
    {"tenantid", "string", "uuid", "the realm: an organization, a person or the platform"},
    {"tenantposition", "string", "", "decimal; counts the realm's events from 1 without a gap"},
    {"epoch", "integer", "", "of the log when it was appended; rises when the log was restored from a backup"
    },
    {"partition", "integer", "", "of the log, and of this topic"},
    {"position", "string", "", "decimal; counts the partition's events from 1 without a gap"},
    {"category", "string", "", "of the stream: task"},
    {"streamid", "string", "uuid", "the aggregate's id"},
    {"streamversion", "string", "", "decimal; counts the stream's events from 1 without a gap"},
    {"effectiveat", "string", "date-time", "when it is true in the business"},
    {"actorkind", "string", "", "user, service, system or support"},
    {"actorid", "string", "uuid", "who did it"},
    {"onbehalfof", "string", "uuid", "whom a supporter helped", false},
    {"sessionid", "string", "uuid", "the session it was done in", false},
    {"requestid", "string", "", "the HTTP request, as in the server's log", false},
    {"commandid", "string", "uuid", "the command that decided it"},
    {"causationid", "string", "uuid", "the event or command that led to the command", false},
    {"correlationid", "string", "uuid", "shared by everything that one cause led to"},
    {"reason", "string", "", "why, in the actor's words", false},
    {"clientaddress", "string", "", "the client's address, sealed with the actor's key", false},
    {"traceparent", "string", "", "W3C trace context of the request", false},
});

void write_string_schema(JsonText& json, std::string_view description) {
    json.text("type", "string");
    json.text("description", description);
}

void write_envelope_schema(JsonText& json) {
    json.text("type", "object");
    json.text(
        "description", "CloudEvents 1.0 attributes in the order of the line; 64-bit numbers are decimal text"
    );
    std::vector<std::string_view> required;
    json.object("properties", [&] {
        for (const Attribute& attribute : kAttributes) {
            if (attribute.required) required.push_back(attribute.name);
            json.object(attribute.name, [&] {
                json.text("type", attribute.type);
                if (!attribute.format.empty()) json.text("format", attribute.format);
                json.text("description", attribute.doc);
            });
        }
        json.object("data", [&] { json.text("type", "object"); });
    });
    required.emplace_back("data");
    json.texts("required", required);
}

void write_headers_schema(JsonText& json) {
    json.text("type", "object");
    json.text("description", "enough to filter without parsing the value");
    json.object("properties", [&] {
        json.object("content-type", [&] { write_string_schema(json, kContentType); });
        json.object("ce_type", [&] { write_string_schema(json, "the event type"); });
        json.object("ce_id", [&] { write_string_schema(json, "the event's id"); });
        json.object("tenant", [&] { write_string_schema(json, "the realm"); });
        json.object("position", [&] { write_string_schema(json, "the number of the position, decimal"); });
        json.object("epoch", [&] {
            write_string_schema(
                json,
                "of the log when it was published, decimal; where it rises at a position, records of lower "
                "epochs from that position on are superseded"
            );
        });
        json.object("traceparent", [&] { write_string_schema(json, "only where the request had one"); });
    });
    json.texts(
        "required",
        std::array<std::string_view, 6>{"content-type", "ce_type", "ce_id", "tenant", "position", "epoch"}
    );
}

void write_channel(JsonText& json, const contract::EventCatalogue& catalogue, const EventTopic& topic) {
    json.text("address", topic.name);
    json.text("title", "The event log");
    json.text(
        "description", "Every event once, in the order of its log partition; read it with read_committed."
    );
    json.object("messages", [&] {
        for (const auto& type : catalogue.types()) {
            const std::string name = event_schema_name(type);
            json.object(name, [&] { json.text("$ref", "#/components/messages/" + name); });
        }
    });
    json.object("bindings", [&] {
        json.object("kafka", [&] {
            json.text("topic", topic.name);
            json.number("partitions", topic.partitions);
            json.object("topicConfiguration", [&] {
                json.texts("cleanup.policy", std::array<std::string_view, 1>{"delete"});
                json.number("retention.ms", -1);
                json.number("retention.bytes", -1);
            });
            json.text("bindingVersion", "0.5.0");
        });
    });
}

void write_message(JsonText& json, const contract::EventType& type) {
    const std::string name = event_schema_name(type);
    json.text("name", name);
    json.text("title", type.name);
    json.text(
        "summary", std::string(type.name) + ", schema version " + std::to_string(type.schema_version) +
                       ", in streams of the category " + std::string(type.category)
    );
    json.text("contentType", kContentType);
    json.object("headers", [&] { json.text("$ref", std::string(kSchemaPlace) + "RecordHeaders"); });
    json.object("correlationId", [&] { json.text("location", "$message.payload#/correlationid"); });
    json.object("payload", [&] { json.text("$ref", std::string(kSchemaPlace) + name); });
    json.object("bindings", [&] {
        json.object("kafka", [&] {
            json.object("key", [&] {
                json.text("type", "string");
                json.text("format", "uuid");
                json.text("description", "the stream's id");
            });
            json.text("bindingVersion", "0.5.0");
        });
    });
}

/// The envelope, narrowed to one type and version, with that version's data.
void write_line_schema(JsonText& json, const contract::EventType& type, SchemaSet& schemas) {
    json.array("allOf", [&] {
        json.object([&] { json.text("$ref", std::string(kSchemaPlace) + "EventLine"); });
        json.object([&] {
            json.text("type", "object");
            json.object("properties", [&] {
                json.object("type", [&] { json.text("const", type.name); });
                json.object("schemaversion", [&] { json.number("const", type.schema_version); });
                json.object("dataschema", [&] { json.text("const", "/schemas/" + event_schema_name(type)); });
                json.object("category", [&] { json.text("const", type.category); });
                json.object("data", [&] {
                    write_object_schema(json, *type.shape, SchemaUse::event, schemas);
                });
            });
        });
    });
}

void write_server(JsonText& json) {
    json.object("broker", [&] {
        json.text("host", "{host}:{port}");
        json.text("protocol", "kafka");
        json.text("description", "the broker of the setting `kafka`, or the one inside the process");
        json.object("variables", [&] {
            json.object("host", [&] { json.text("default", "127.0.0.1"); });
            json.object("port", [&] { json.text("default", "9092"); });
        });
    });
}

void write_components(JsonText& json, const contract::EventCatalogue& catalogue) {
    SchemaSet schemas(kSchemaPlace);
    json.object("messages", [&] {
        for (const auto& type : catalogue.types()) {
            json.object(event_schema_name(type), [&] { write_message(json, type); });
        }
    });
    json.object("schemas", [&] {
        json.object("EventLine", [&] { write_envelope_schema(json); });
        json.object("RecordHeaders", [&] { write_headers_schema(json); });
        for (const auto& type : catalogue.types()) {
            json.object(event_schema_name(type), [&] { write_line_schema(json, type, schemas); });
        }
        schemas.write_definitions(json);
    });
}

}  // namespace

std::string asyncapi_document(const contract::EventCatalogue& catalogue, const EventTopic& topic) {
    JsonText json;
    json.object([&] {
        json.text("asyncapi", "3.0.0");
        json.object("info", [&] {
            json.text("title", "Annals: the event log");
            json.text("version", "1");
            json.text("description", kDescription);
        });
        json.text("defaultContentType", kContentType);
        json.object("servers", [&] { write_server(json); });
        json.object("channels", [&] {
            json.object("events", [&] { write_channel(json, catalogue, topic); });
        });
        json.object("operations", [&] {
            json.object("publishEvents", [&] {
                json.text("action", "send");
                json.text("summary", "Annals publishes each event after its transaction has committed.");
                json.object("channel", [&] { json.text("$ref", "#/channels/events"); });
            });
        });
        json.object("components", [&] { write_components(json, catalogue); });
    });
    return std::move(json).take();
}

}  // namespace annals::api
