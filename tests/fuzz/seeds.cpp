#include "tests/fuzz/seeds.hpp"

#include "api/kernel/peer_bundle.hpp"
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

std::string item_of(http::Method method, std::string_view path, Sample sample) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.command_id = uuid(2).to_string();
    request.request_id = uuid(13).to_string();
    if (sample == Sample::full) {
        request.remote_address = "2001:db8::7";
        request.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (const char* field : {"Authorization", "Content-Type", "Idempotency-Key", "If-Match"})
            request.headers.add(field, "\"3\"");
        request.body = R"({"title":"x"})";
    }
    std::string item;
    api::append_item(item, request);
    return item;
}

http::Response answer_of(int status, Sample sample) {
    http::Response response = http::json_response(status, R"({"id":"x"})");
    if (sample == Sample::minimal) return response;
    response.content_type = http::kProblemJson;
    response.headers.add("ETag", "\"1\"");
    response.headers.add("Location", "/api/v1/tasks/x");
    response.compressible = false;
    return response;
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

std::vector<Seed> bundle_seeds() {
    const std::vector items{
        item_of(http::Method::post, "/api/v1/commands:batch", Sample::full),
        item_of(http::Method::del, "/api/v1/tasks/" + uuid(5).to_string(), Sample::minimal)
    };
    const std::vector answers{answer_of(201, Sample::full), answer_of(503, Sample::minimal)};
    const std::span one_item(items.data(), 1);
    const std::span one_answer(answers.data(), 1);
    return {
        {"bundle/requests.none", api::write_bundle({})},
        {"bundle/requests.one", api::write_bundle(one_item)},
        {"bundle/requests.two", api::write_bundle(items)},
        {"bundle/answers.none", api::write_answers({})},
        {"bundle/answers.one", api::write_answers(one_answer)},
        {"bundle/answers.two", api::write_answers(answers)},
    };
}

}  // namespace annals::test::fuzz
