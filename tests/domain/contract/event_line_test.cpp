#include "domain/contract/event_line.hpp"

#include "domain/identity/events.hpp"
#include "domain/projects/events.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_contract.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>
#include <string>

namespace annals::contract {
namespace {

using test::id;
using test::instant;
using test::text;

/// Shows where a value was sealed instead of hiding what it says.
class FakeSealer final : public EventSealer {
public:
    bool destroyed{false};

    std::string seal(
        const SealPlace& place, const Uuid& subject, std::string_view field, std::string_view plain
    ) override {
        return mark(place, subject, field) + std::string(plain.substr(1, plain.size() - 2));
    }
    std::optional<std::string> open(
        const SealPlace& place, const Uuid& subject, std::string_view field, std::string_view sealed
    ) override {
        const std::string expected = mark(place, subject, field);
        if (destroyed || !sealed.starts_with(expected)) return std::nullopt;
        return '"' + std::string(sealed.substr(expected.size())) + '"';
    }

private:
    static std::string mark(const SealPlace& place, const Uuid& subject, std::string_view field) {
        return place.tenant.to_string().substr(34) + '/' + place.stream.to_string().substr(34) + '/' +
               std::to_string(place.version) + '/' + std::string(place.type) + '/' + std::string(field) +
               '/' + subject.to_string().substr(34) + ':';
    }
};

Envelope least_envelope() {
    Envelope envelope;
    envelope.event_id = id<EventId>(1);
    envelope.tenant = id<TenantId>(2);
    envelope.tenant_position = 3;
    envelope.position = {1, 4, 5};
    envelope.category = "user";
    envelope.stream = test::uuid(6);
    envelope.version = 7;
    envelope.effective_at = instant("2026-03-01T11:00:00Z");
    envelope.recorded_at = instant("2026-03-01T12:00:00Z");
    envelope.actor = {ActorKind::system, test::uuid(8), std::nullopt};
    envelope.command = id<CommandId>(9);
    envelope.correlation = test::uuid(10);
    return envelope;
}

Envelope full_envelope() {
    Envelope envelope = least_envelope();
    envelope.tenant_position = UINT64_MAX;
    envelope.position.number = UINT64_MAX;
    envelope.actor = {ActorKind::support, test::uuid(8), test::uuid(11)};
    envelope.session = id<SessionId>(12);
    envelope.request_id = "req \"13\"";
    envelope.causation = test::uuid(14);
    envelope.reason = "because\nof é";
    envelope.client_address = "c2VhbGVk";
    envelope.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    return envelope;
}

identity::UserRegistered registered() {
    return {
        .email = {test::uuid(6), text<Email>("ada@example.org")},
        .display_name = {test::uuid(6), text<identity::DisplayName>("Ada")},
        .credential_id = id<CredentialId>(15),
    };
}

std::string line_of(const Envelope& envelope, const AnyEvent& event) {
    FakeSealer sealer;
    std::string line;
    write_event_line(envelope, event, sealer, line);
    return line;
}

void expect_same(const Envelope& expected, const Envelope& actual) {
    const identity::SessionRevoked nothing;
    EXPECT_EQ(line_of(expected, AnyEvent::of(nothing)), line_of(actual, AnyEvent::of(nothing)));
}

TEST(EventLineContract, IsWrittenByteForByteAsItEverWas) {
    test::expect_golden("event_line.full.json", line_of(full_envelope(), AnyEvent::of(registered())));
    test::expect_golden("event_line.minimal.json", line_of(least_envelope(), AnyEvent::of(registered())));
}

TEST(EventLine, IsOneLine) {
    EXPECT_EQ(std::string::npos, line_of(full_envelope(), AnyEvent::of(registered())).find('\n'));
}

TEST(EventLine, ComesBackWithEnvelopeAndPersonalValues) {
    JsonDocument document;
    FakeSealer sealer;
    for (const Envelope& envelope : {least_envelope(), full_envelope()}) {
        const std::string line = line_of(envelope, AnyEvent::of(registered()));
        const auto back = read_event_line(document, line, &sealer);
        ASSERT_TRUE(back) << back.error().detail;
        expect_same(envelope, back->envelope);
        ASSERT_NE(nullptr, back->event.as<identity::UserRegistered>());
        EXPECT_EQ(registered(), *back->event.as<identity::UserRegistered>());
        EXPECT_EQ(line, line_of(back->envelope, back->event));
    }
}

TEST(EventLine, LosesPersonalValuesWithTheirKeyAndNothingElse) {
    JsonDocument document;
    FakeSealer sealer;
    sealer.destroyed = true;
    const std::string line = line_of(full_envelope(), AnyEvent::of(registered()));
    for (EventSealer* opener : {static_cast<EventSealer*>(&sealer), static_cast<EventSealer*>(nullptr)}) {
        const auto back = read_event_line(document, line, opener);
        ASSERT_TRUE(back) << back.error().detail;
        const auto* event = back->event.as<identity::UserRegistered>();
        ASSERT_NE(nullptr, event);
        EXPECT_FALSE(event->email.value);
        EXPECT_EQ(test::uuid(6), event->email.subject);
        EXPECT_EQ(id<CredentialId>(15), event->credential_id);
    }
}

TEST(EventLine, DoesNotOpenAValueMovedToAnotherPlace) {
    std::string line = line_of(least_envelope(), AnyEvent::of(registered()));
    const auto at = line.find("/email/");
    ASSERT_NE(std::string::npos, at);
    line.replace(at, 7, "/other/");
    JsonDocument document;
    FakeSealer sealer;
    const auto back = read_event_line(document, line, &sealer);
    ASSERT_TRUE(back);
    EXPECT_FALSE(back->event.as<identity::UserRegistered>()->email.value);
    EXPECT_TRUE(back->event.as<identity::UserRegistered>()->display_name.value);
}

std::string greeting_line(const AnyEvent& event) {
    Envelope envelope = least_envelope();
    envelope.category = "greeting";
    return line_of(envelope, event);
}

template <class E>
AnyEvent greeting(E event) {
    const EventType* type = test::greeting_catalogue().find(E::kType, E::kSchemaVersion);
    return AnyEvent(*type, std::make_shared<const E>(std::move(event)));
}

TEST(EventLine, IsUpcastThroughEveryVersionSince) {
    JsonDocument document;
    FakeSealer sealer;
    const auto read = [&](const std::string& line) {
        const auto back = read_event_line(document, line, &sealer, test::greeting_catalogue());
        EXPECT_TRUE(back) << back.error().detail;
        EXPECT_EQ(3, back->event.type().schema_version);
        return *static_cast<const test::PersonGreeted*>(back->event.data());
    };
    const auto first = read(greeting_line(greeting(test::PersonGreetedV1{.name = "Ada Lovelace"})));
    EXPECT_EQ("Ada Lovelace", first.name.value->str());
    EXPECT_EQ("en", first.language);
    const auto second = read(
        greeting_line(greeting(test::PersonGreetedV2{.first = "Іван", .last = "Франко", .language = "uk"}))
    );
    EXPECT_EQ("Іван Франко", second.name.value->str());
    EXPECT_EQ("uk", second.language);
    test::PersonGreeted newest;
    newest.person = id<UserId>(6);
    newest.name = {test::uuid(6), text<Text<1, 80>>("Ada")};
    newest.language = "en";
    const auto third = read(greeting_line(greeting(newest)));
    EXPECT_EQ(newest.person, third.person);
    EXPECT_EQ(newest.name, third.name);
}

TEST(EventLine, IsReadInAnyOrderAndWithAttributesOfNewerBinaries) {
    const std::string line = line_of(full_envelope(), AnyEvent::of(registered()));
    const auto data = line.find(",\"data\":");
    ASSERT_NE(std::string::npos, data);
    const std::string envelope = line.substr(1, data - 1);
    const std::string last = line.substr(data + 1, line.size() - data - 2);
    JsonDocument document;
    FakeSealer sealer;
    for (const std::string& other :
         {"{" + last + "," + envelope + "}",
          "{\"newer\":1," + envelope + ",\"newest\":{\"id\":2}," + last + "}"}) {
        const auto back = read_event_line(document, other, &sealer);
        ASSERT_TRUE(back) << back.error().detail;
        EXPECT_EQ(line, line_of(back->envelope, back->event));
    }
}

TEST(EventLine, TellsWhyItCannotBeRead) {
    const std::string line = line_of(least_envelope(), AnyEvent::of(registered()));
    const auto code_of = [](std::string text, const std::string& what, const std::string& by) {
        const auto at = text.find(what);
        if (!what.empty()) text.replace(at, what.size(), by);
        JsonDocument document;
        const auto back = read_event_line(document, text, nullptr);
        return back ? std::string("none") : back.error().code;
    };
    EXPECT_EQ("none", code_of(line, "", ""));
    EXPECT_EQ("malformed_json", code_of(line, "{\"specversion\"", "{\"specversion"));
    EXPECT_EQ("unknown_type", code_of(line, "\"idn.UserRegistered\"", "\"idn.UserInvented\""));
    EXPECT_EQ("unknown_type", code_of(line, "\"schemaversion\":1", "\"schemaversion\":2"));
    EXPECT_EQ("bad_attribute", code_of(line, "\"streamversion\":\"7\"", "\"streamversion\":\"x\""));
    EXPECT_EQ("bad_attribute", code_of(line, "\"tenantid\"", "\"tenant\""));
    EXPECT_EQ("bad_attribute", code_of(line, "\"category\":\"user\"", "\"category\":\"task\""));
    EXPECT_EQ("bad_attribute", code_of(line, "\"actorid\"", "\"onbehalfof\":\"x\",\"actorid\""));
    // Numbers that would be others in the width they have here.
    EXPECT_EQ(
        "bad_attribute",
        code_of(line, "\"streamversion\":\"7\"", "\"streamversion\":\"18446744073709551623\"")
    );
    EXPECT_EQ("bad_attribute", code_of(line, "\"epoch\":1", "\"epoch\":4294967297"));
    EXPECT_EQ("bad_attribute", code_of(line, "\"partition\":4", "\"partition\":-65532"));
    EXPECT_EQ("bad_attribute", code_of(line, "\"schemaversion\":1", "\"schemaversion\":65537"));
    EXPECT_EQ("bad_attribute", code_of(line, "\"actorkind\":\"system\"", "\"actorkind\":\"nobody\""));
    EXPECT_EQ("missing", code_of(line, "\"credential_id\"", "\"credential\""));
    EXPECT_EQ("missing", code_of(line, "\"data\"", "\"date\""));
    // Readers do not agree on which of two is meant.
    EXPECT_EQ("bad_attribute", code_of(line, "\"position\"", "\"epoch\":1,\"position\""));
    EXPECT_EQ("bad_attribute", code_of(line, "\"data\"", "\"type\":\"idn.UserRegistered\",\"data\""));
}

}  // namespace
}  // namespace annals::contract
