#include "commands/catalogue.hpp"
#include "commands/kernel/keyring.hpp"
#include "domain/catalogue.hpp"
#include "domain/contract/event_line.hpp"
#include "infra/app/commands.hpp"
#include "infra/app/process.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/schema_check.hpp"
#include "infra/runtime/config_error.hpp"

#include <cstdio>

namespace annals::app {
namespace {

constexpr std::size_t kUuidCharacters = 36;

/// The events of a stream whose realm is not known: it is looked for in every partition.
std::vector<StoredEvent> find_stream(EventStore& store, const Uuid& stream, std::uint16_t partitions) {
    std::vector<StreamKey> keys;
    for (std::uint16_t partition = 0; partition < partitions; ++partition)
        keys.push_back({partition, stream});
    return store.read_streams(keys);
}

void print_event(const contract::RecordedEvent& recorded, const AggregateType& type, const void* state) {
    const contract::Envelope& envelope = recorded.envelope;
    std::string data;
    contract::write_json(*recorded.event.type().shape, recorded.event.data(), data);
    std::printf(
        "%3llu  %s  %s  position %s  by %s\n     data   %s\n",
        static_cast<unsigned long long>(envelope.version), envelope.recorded_at.to_string().c_str(),
        std::string(recorded.event.type().name).c_str(), envelope.position.to_string().c_str(),
        envelope.actor.id.to_string().c_str(), data.c_str()
    );
    if (const contract::StateShape* shape = contract::find_state_shape(type.category)) {
        std::string text;
        contract::write_json(*shape->shape, state, text);
        std::printf("     state  %s\n", text.c_str());
    }
}

}  // namespace

int replay(const runtime::Config& config, const std::string& stream, std::optional<std::uint64_t> until) {
    const std::string_view text(stream);
    const auto id =
        Uuid::parse(text.size() > kUuidCharacters ? text.substr(text.size() - kUuidCharacters) : text);
    if (!id) {
        std::fprintf(
            stderr, "annals: --stream %s: a stream is named task-<uuid>, or by its uuid alone\n",
            stream.c_str()
        );
        return 2;
    }
    const auto store = pg::make_pg_event_store(engine_dsn(config));
    crypto::SystemCryptography cryptography(crypto::MasterKey::load(config.path("master_key_file")));
    Keyring keyring(cryptography, [&](std::span<const Uuid> subjects) {
        return store->find_subject_keys(subjects);
    });
    contract::JsonDocument document;
    std::shared_ptr<const void> state;
    const AggregateType* type = nullptr;
    for (const StoredEvent& stored : find_stream(*store, *id, pg::log_partitions(engine_dsn(config)))) {
        const auto recorded = contract::read_event_line(document, stored.line, &keyring);
        if (!recorded) {
            std::fprintf(
                stderr, "annals: position %llu cannot be read: %s\n",
                static_cast<unsigned long long>(stored.position), recorded.error().detail.c_str()
            );
            return 1;
        }
        if (until && recorded->envelope.version > *until) break;
        if (type == nullptr) {
            type = find_aggregate(recorded->envelope.category);
            if (type == nullptr)
                throw std::runtime_error(
                    "this binary does not know the category " + recorded->envelope.category
                );
            state = type->initial();
        }
        state = type->evolve(state.get(), recorded->event);
        print_event(*recorded, *type, state.get());
    }
    if (type != nullptr) return 0;
    std::fprintf(stderr, "annals: there is no stream %s\n", stream.c_str());
    return 1;
}

}  // namespace annals::app
