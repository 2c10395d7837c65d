#include "domain/contract/event_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace annals::contract {
namespace {

constexpr std::array<std::string_view, 4> kActorKinds{"user", "service", "system", "support"};

/// Appends `,"name":"value"` for values that need no escapes.
class Attributes {
public:
    explicit Attributes(std::string& line) : line_(line) {}

    void plain(std::string_view name, std::string_view value) {
        key(name);
        line_ += '"';
        line_ += value;
        line_ += '"';
    }
    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(line_, value);
    }
    void id(std::string_view name, const Uuid& value) {
        key(name);
        line_ += '"';
        value.append_to(line_);
        line_ += '"';
    }
    void instant(std::string_view name, Instant value) {
        key(name);
        line_ += '"';
        value.append_to(line_);
        line_ += '"';
    }
    /// CloudEvents integers are 32-bit, so 64-bit numbers travel as text.
    void number(std::string_view name, std::uint64_t value) { plain(name, std::to_string(value)); }

private:
    void key(std::string_view name) {
        line_ += ",\"";
        line_ += name;
        line_ += "\":";
    }
    std::string& line_;
};

/// Hands the event's place to the sealer together with each value.
class PlacedSealer final : public FieldSealer, public FieldOpener {
public:
    PlacedSealer(EventSealer& sealer, SealPlace place) : sealer_(sealer), place_(place) {}
    std::string seal(const Uuid& subject, std::string_view field, std::string_view plain) override {
        return sealer_.seal(place_, subject, field, plain);
    }
    std::optional<std::string> open(const Uuid& subject, std::string_view field, std::string_view sealed)
        override {
        return sealer_.open(place_, subject, field, sealed);
    }

private:
    EventSealer& sealer_;
    SealPlace place_;
};

void write_attributes(const Envelope& envelope, const EventType& type, std::string& line) {
    Attributes out(line);
    out.id("id", envelope.event_id.value);
    line += ",\"source\":\"/realms/";
    envelope.tenant.value.append_to(line);
    line += "\",\"type\":\"";
    line += type.name;
    line += "\",\"subject\":\"";
    line += envelope.category;
    line += '-';
    envelope.stream.append_to(line);
    line += '"';
    out.instant("time", envelope.recorded_at);
    out.plain("datacontenttype", "application/json");
    line += ",\"dataschema\":\"/schemas/";
    line += type.name;
    line += ".v";
    append_number(line, type.schema_version);
    line += "\",\"schemaversion\":";
    append_number(line, type.schema_version);
    out.id("tenantid", envelope.tenant.value);
    out.number("tenantposition", envelope.tenant_position);
    line += ",\"epoch\":";
    append_number(line, envelope.position.epoch);
    line += ",\"partition\":";
    append_number(line, envelope.position.partition);
    out.number("position", envelope.position.number);
    out.plain("category", envelope.category);
    out.id("streamid", envelope.stream);
    out.number("streamversion", envelope.version);
    out.instant("effectiveat", envelope.effective_at);
    out.plain("actorkind", kActorKinds[static_cast<std::size_t>(envelope.actor.kind)]);
    out.id("actorid", envelope.actor.id);
    if (envelope.actor.on_behalf_of) out.id("onbehalfof", *envelope.actor.on_behalf_of);
    if (envelope.session) out.id("sessionid", envelope.session->value);
    if (!envelope.request_id.empty()) out.text("requestid", envelope.request_id);
    out.id("commandid", envelope.command.value);
    if (envelope.causation) out.id("causationid", *envelope.causation);
    out.id("correlationid", envelope.correlation);
    if (!envelope.reason.empty()) out.text("reason", envelope.reason);
    if (!envelope.client_address.empty()) out.text("clientaddress", envelope.client_address);
    if (!envelope.traceparent.empty()) out.text("traceparent", envelope.traceparent);
}

/// What is read of a line, in the order in which lines have it.
enum Attribute : std::uint8_t {
    kSpecVersion,
    kId,
    kSource,
    kType,
    kSubject,
    kTime,
    kDataContentType,
    kDataSchema,
    kSchemaVersion,
    kTenantId,
    kTenantPosition,
    kEpoch,
    kPartition,
    kPosition,
    kCategory,
    kStreamId,
    kStreamVersion,
    kEffectiveAt,
    kActorKind,
    kActorId,
    kOnBehalfOf,
    kSessionId,
    kRequestId,
    kCommandId,
    kCausationId,
    kCorrelationId,
    kReason,
    kClientAddress,
    kTraceParent,
    kData
};
struct NamedAttribute {
    Attribute attribute;
    std::string_view name;
};
constexpr std::array<NamedAttribute, kData + 1> kNamedAttributes{{
    {kSpecVersion, "specversion"},
    {kId, "id"},
    {kSource, "source"},
    {kType, "type"},
    {kSubject, "subject"},
    {kTime, "time"},
    {kDataContentType, "datacontenttype"},
    {kDataSchema, "dataschema"},
    {kSchemaVersion, "schemaversion"},
    {kTenantId, "tenantid"},
    {kTenantPosition, "tenantposition"},
    {kEpoch, "epoch"},
    {kPartition, "partition"},
    {kPosition, "position"},
    {kCategory, "category"},
    {kStreamId, "streamid"},
    {kStreamVersion, "streamversion"},
    {kEffectiveAt, "effectiveat"},
    {kActorKind, "actorkind"},
    {kActorId, "actorid"},
    {kOnBehalfOf, "onbehalfof"},
    {kSessionId, "sessionid"},
    {kRequestId, "requestid"},
    {kCommandId, "commandid"},
    {kCausationId, "causationid"},
    {kCorrelationId, "correlationid"},
    {kReason, "reason"},
    {kClientAddress, "clientaddress"},
    {kTraceParent, "traceparent"},
    {kData, "data"},
}};

/// The names by their attribute.
constexpr auto kAttributes = [] {
    std::array<std::string_view, kNamedAttributes.size()> names;
    for (const auto& [attribute, name] : kNamedAttributes) names[attribute] = name;
    return names;
}();
static_assert(std::ranges::none_of(kAttributes, &std::string_view::empty), "each attribute has one name");

/// Reads attributes of a parsed line; the first that is missing, malformed or there twice is remembered.
class AttributeReader {
public:
    explicit AttributeReader(JsonDocument& document) : document_(document) {
        const auto twice = document.find(kAttributes);
        if (twice) fail(*twice, "stands there twice");
    }

    std::string_view text(Attribute name) {
        const auto read = document_.text(name);
        if (!read) fail(name);
        return read.value_or(std::string_view());
    }
    std::string optional_text(Attribute name) {
        return std::string(document_.text(name).value_or(std::string_view()));
    }
    Uuid id(Attribute name) {
        const auto read = Uuid::parse(text(name));
        if (!read) fail(name);
        return read.value_or(Uuid{});
    }
    std::optional<Uuid> optional_id(Attribute name) {
        if (!document_.text(name)) return std::nullopt;
        return id(name);
    }
    Instant instant(Attribute name) {
        const auto read = Instant::parse(text(name));
        if (!read) fail(name);
        return read.value_or(Instant{});
    }
    /// Every digit counts: a number that wrapped around would be another event's.
    std::uint64_t number(Attribute name) {
        std::uint64_t value = 0;
        const std::string_view digits = text(name);
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (digits.empty() || error != std::errc{} || stop != digits.data() + digits.size()) fail(name);
        return value;
    }
    template <class Integer>
    Integer integer(Attribute name) {
        const auto read = document_.integer(name);
        const bool fits = read && std::in_range<Integer>(*read);
        if (!fits) fail(name);
        return fits ? static_cast<Integer>(*read) : Integer{0};
    }
    ActorKind actor_kind() {
        const std::string_view kind = text(kActorKind);
        for (std::size_t i = 0; i < kActorKinds.size(); ++i) {
            if (kActorKinds[i] == kind) return static_cast<ActorKind>(i);
        }
        fail(kActorKind);
        return ActorKind::system;
    }
    [[nodiscard]] const std::optional<LineFault>& fault() const { return fault_; }

private:
    void fail(std::size_t name, std::string_view how = "is missing or malformed") {
        if (fault_) return;
        std::string detail = "attribute '";
        detail += kAttributes[name];
        detail += "' ";
        detail += how;
        fault_ = LineFault{"bad_attribute", std::move(detail)};
    }
    const JsonDocument& document_;
    std::optional<LineFault> fault_;
};

Envelope read_attributes(AttributeReader& in) {
    Envelope envelope;
    envelope.event_id = EventId{in.id(kId)};
    envelope.tenant = TenantId{in.id(kTenantId)};
    envelope.tenant_position = in.number(kTenantPosition);
    envelope.position.epoch = in.integer<std::uint32_t>(kEpoch);
    envelope.position.partition = in.integer<std::uint16_t>(kPartition);
    envelope.position.number = in.number(kPosition);
    envelope.category = in.text(kCategory);
    envelope.stream = in.id(kStreamId);
    envelope.version = in.number(kStreamVersion);
    envelope.effective_at = in.instant(kEffectiveAt);
    envelope.recorded_at = in.instant(kTime);
    envelope.actor.kind = in.actor_kind();
    envelope.actor.id = in.id(kActorId);
    envelope.actor.on_behalf_of = in.optional_id(kOnBehalfOf);
    if (const auto session = in.optional_id(kSessionId)) envelope.session = SessionId{*session};
    envelope.request_id = in.optional_text(kRequestId);
    envelope.command = CommandId{in.id(kCommandId)};
    envelope.causation = in.optional_id(kCausationId);
    envelope.correlation = in.id(kCorrelationId);
    envelope.reason = in.optional_text(kReason);
    envelope.client_address = in.optional_text(kClientAddress);
    envelope.traceparent = in.optional_text(kTraceParent);
    return envelope;
}

AnyEvent upcast(const EventType* type, std::shared_ptr<const void> data, const EventCatalogue& catalogue) {
    while (type->upcast != nullptr) {
        data = type->upcast(data.get());
        type = catalogue.find(type->name, static_cast<std::uint16_t>(type->schema_version + 1));
    }
    return AnyEvent(*type, std::move(data));
}

}  // namespace

void write_event_line(
    const Envelope& envelope, const AnyEvent& event, EventSealer& sealer, std::string& line
) {
    line += R"({"specversion":"1.0")";
    write_attributes(envelope, event.type(), line);
    line += ",\"data\":";
    PlacedSealer placed(sealer, {envelope.tenant, envelope.stream, envelope.version, event.type().name});
    write_json(*event.type().shape, event.data(), line, &placed);
    line += '}';
}

std::expected<RecordedEvent, LineFault> read_event_line(
    JsonDocument& document, std::string_view line, EventSealer* sealer, const EventCatalogue& catalogue
) {
    if (auto fault = document.parse(line)) return std::unexpected(LineFault{fault->code, fault->detail});
    AttributeReader in(document);
    const std::string_view type_name = in.text(kType);
    const auto schema_version = in.integer<std::uint16_t>(kSchemaVersion);
    Envelope envelope = read_attributes(in);
    if (in.fault()) return std::unexpected(*in.fault());
    const EventType* type = catalogue.find(type_name, schema_version);
    if (type == nullptr) {
        return std::unexpected(LineFault{
            std::string(kUnknownType), "this binary does not know " + std::string(type_name) + " version " +
                                           std::to_string(schema_version)
        });
    }
    if (envelope.category != type->category) {
        return std::unexpected(
            LineFault{"bad_attribute", "'category' is not that of " + std::string(type_name)}
        );
    }
    std::shared_ptr<void> data = type->make();
    std::vector<FieldFault> faults;
    if (sealer != nullptr) {
        PlacedSealer placed(*sealer, {envelope.tenant, envelope.stream, envelope.version, type->name});
        faults = document.read_member(kData, *type->shape, data.get(), ReadMode::stored, &placed);
    } else {
        faults = document.read_member(kData, *type->shape, data.get(), ReadMode::stored);
    }
    if (!faults.empty()) {
        return std::unexpected(
            LineFault{faults.front().code, "/data" + faults.front().pointer + ": " + faults.front().detail}
        );
    }
    return RecordedEvent{std::move(envelope), upcast(type, std::move(data), catalogue)};
}

}  // namespace annals::contract
