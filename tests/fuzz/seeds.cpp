#include "tests/fuzz/seeds.hpp"

#include "commands/catalogue.hpp"
#include "domain/contract/json_reader.hpp"
#include "tests/fuzz/marking_sealer.hpp"
#include "tests/support/sample_contract.hpp"
#include "tests/support/sample_json.hpp"
#include "tests/support/values.hpp"

namespace annals::test::fuzz {
namespace {

constexpr Sample kSamples[] = {Sample::full, Sample::minimal};

std::string sample_name(Sample sample) {
    return sample == Sample::full ? ".full" : ".minimal";
}

std::string command_form(const CommandType& type, Sample sample) {
    std::string form = R"({"type":")" + std::string(type.name()) + '"';
    if (type.target == Target::existing) form += R"(,"id":")" + uuid(1).to_string() + '"';
    if (sample == Sample::full) {
        form += R"(,"command_id":")" + uuid(2).to_string() + R"(","expected_version":3,"reason":"why",)";
        form += R"("effective_at":"2026-03-01T11:00:00Z")";
    }
    return form + R"(,"data":)" + sample_json(*type.shape->shape, sample) + '}';
}

contract::Envelope envelope_of(const contract::EventType& type, Sample sample) {
    contract::Envelope envelope;
    envelope.event_id = id<EventId>(1);
    envelope.tenant = id<TenantId>(2);
    envelope.tenant_position = 3;
    envelope.position = {1, 4, 5};
    envelope.category = type.category;
    envelope.stream = uuid(6);
    envelope.version = 7;
    envelope.effective_at = instant("2026-03-01T11:00:00Z");
    envelope.recorded_at = instant("2026-03-01T12:00:00Z");
    envelope.actor = {contract::ActorKind::user, uuid(8), std::nullopt};
    envelope.command = id<CommandId>(9);
    envelope.correlation = uuid(10);
    if (sample == Sample::minimal) return envelope;
    envelope.actor = {contract::ActorKind::support, uuid(8), uuid(11)};
    envelope.session = id<SessionId>(12);
    envelope.request_id = "req \"13\"";
    envelope.causation = uuid(14);
    envelope.reason = "because\nof é";
    envelope.client_address = "c2VhbGVk";
    envelope.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    return envelope;
}

std::string event_line(const contract::EventType& type, Sample sample) {
    std::shared_ptr<void> data = type.make();
    contract::JsonDocument document;
    document.parse(sample_json(*type.shape, sample));
    document.read(*type.shape, data.get(), contract::ReadMode::strict);
    MarkingSealer sealer;
    std::string line;
    contract::write_event_line(
        envelope_of(type, sample), contract::AnyEvent(type, std::move(data)), sealer, line
    );
    return line;
}

}  // namespace

std::vector<Seed> catalogue_seeds() {
    std::vector<Seed> seeds;
    for (const Sample sample : kSamples) {
        std::string batch = R"({"atomic":true,"commands":[)";
        for (const CommandType& type : all_commands()) {
            const std::string form = command_form(type, sample);
            seeds.push_back({"command/" + std::string(type.name()) + sample_name(sample), form});
            if (batch.back() == '}') batch += ',';
            batch += form;
        }
        seeds.push_back({"command/batch" + sample_name(sample), batch + "]}"});
        for (const auto* catalogue : {&contract::event_catalogue(), &greeting_catalogue()}) {
            for (const contract::EventType& type : catalogue->types()) {
                const std::string name =
                    std::string(type.name) + ".v" + std::to_string(type.schema_version) + sample_name(sample);
                seeds.push_back({"event_line/" + name, event_line(type, sample)});
            }
        }
    }
    return seeds;
}

}  // namespace annals::test::fuzz
