#pragma once

#include "commands/kernel/keyring.hpp"
#include "commands/ports/event_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace annals::app {

/// What opens sealed data for projectors and operators: a connection and a keyring of its own. For one
/// thread. Throws ProjectionStoreUnavailable while no key can be opened at all, because PostgreSQL is away or
/// the master key is another one, and something else when the one key that is needed is damaged.
class LogSealer final : public contract::EventSealer {
public:
    LogSealer(const std::string& engine_dsn, Cryptography& cryptography);

    std::string seal(
        const contract::SealPlace& place, const Uuid& subject, std::string_view field, std::string_view plain
    ) override {
        return keyring_.seal(place, subject, field, plain);
    }
    std::optional<std::string> open(
        const contract::SealPlace& place, const Uuid& subject, std::string_view field, std::string_view sealed
    ) override;

private:
    std::unique_ptr<EventStore> store_;
    Keyring keyring_;
};

}  // namespace annals::app
