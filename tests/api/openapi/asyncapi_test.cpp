#include "api/openapi/asyncapi.hpp"

#include "domain/contract/event_line.hpp"
#include "domain/projects/events.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace annals::api {
namespace {

const std::string& document() {
    static const std::string kDocument = asyncapi_document(contract::event_catalogue(), EventTopic{});
    return kDocument;
}

void expect_contains(std::string_view part) {
    EXPECT_NE(document().find(part), std::string::npos) << part << " is missing";
}

class NoSealer final : public contract::EventSealer {
public:
    std::string seal(const contract::SealPlace&, const Uuid&, std::string_view, std::string_view) override {
        return "x";
    }
    std::optional<std::string> open(
        const contract::SealPlace&, const Uuid&, std::string_view, std::string_view
    ) override {
        return std::nullopt;
    }
};

/// Names of the members of the outermost object; the values of this line hold no quoted colon.
std::vector<std::string> member_names(const std::string& line) {
    std::vector<std::string> names;
    int depth = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '{') ++depth;
        if (line[i] == '}') --depth;
        if (line[i] != '"') continue;
        const auto end = line.find('"', i + 1);
        if (depth == 1 && line[end + 1] == ':') names.push_back(line.substr(i + 1, end - i - 1));
        i = end;
    }
    return names;
}

TEST(AsyncApi, ListsTheAttributesOfALineInTheirOrder) {
    contract::Envelope envelope;
    envelope.category = "project";
    envelope.actor.on_behalf_of = Uuid{};
    envelope.session = SessionId{};
    envelope.request_id = "r";
    envelope.causation = Uuid{};
    envelope.reason = "why";
    envelope.client_address = "sealed";
    envelope.traceparent = "00-1-2-01";
    NoSealer sealer;
    std::string line;
    contract::write_event_line(envelope, contract::AnyEvent::of(projects::ProjectArchived{}), sealer, line);
    const auto begin = document().find("\"EventLine\": {");
    ASSERT_NE(begin, std::string::npos);
    std::size_t at = begin;
    for (const std::string& name : member_names(line)) {
        const auto next = document().find("\n          \"" + name + "\": {", at);
        EXPECT_NE(next, std::string::npos)
            << "the attribute " << name << " is missing, or not in the line's order";
        if (next != std::string::npos) at = next;
    }
}

TEST(AsyncApi, HasAMessageForEveryStoredVersionOfEveryEvent) {
    for (const auto& type : contract::event_catalogue().types()) {
        const std::string name = std::string(type.name) + ".v" + std::to_string(type.schema_version);
        expect_contains("\"$ref\": \"#/components/messages/" + name + "\"");
        expect_contains("\"const\": \"/schemas/" + name + "\"");
    }
}

TEST(AsyncApi, SaysHowTheTopicIsKept) {
    expect_contains(R"("retention.ms": -1)");
    expect_contains(R"("cleanup.policy": ["delete"])");
    expect_contains(R"("partitions": 8)");
    EXPECT_NE(
        asyncapi_document(contract::event_catalogue(), {"other.events", 3})
            .find(R"("address": "other.events")"),
        std::string::npos
    );
}

TEST(AsyncApi, TellsReadersWhatToRelyOn) {
    expect_contains("read_committed");
    expect_contains("read_uncommitted");
    expect_contains("`position` settles them");
    expect_contains("SHA-256 over one zero byte and the line");
}

}  // namespace
}  // namespace annals::api
