#pragma once

#include "commands/kernel/keyring.hpp"
#include "domain/operations/commands.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "infra/runtime/config.hpp"
#include "projections/kernel/projection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace annals::app {

/// What opens sealed data outside of a serving process: a connection and a keyring of its own. For one
/// thread.
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
    ) override {
        return keyring_.open(place, subject, field, sealed);
    }

private:
    std::unique_ptr<EventStore> store_;
    Keyring keyring_;
};

/// The projection of this name, with or without "@version"; null after a message to standard error when there
/// is none.
const ProjectionType* projection_named(const std::string& name);

/// Sends the command through a bus of its own and waits until it is durable. Throws std::runtime_error with
/// the rejection.
void record_skip(
    const runtime::Config& config, Cryptography& cryptography, const operations::SkipParkedEvent& command
);

}  // namespace annals::app
