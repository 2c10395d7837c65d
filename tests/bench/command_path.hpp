#pragma once

#include "api/kernel/command_input.hpp"
#include "commands/kernel/batch_lines.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "tests/support/memory_log.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace annals::test {

/// The pure path of a command over a log in memory: the real reader, deciders, lines and cryptography, with
/// fixed time, ids and keys, and neither threads nor I/O. Always the same instructions.
class CommandPath {
public:
    CommandPath();

    /// Decides as a batch of one and makes its lines and hashes; nothing of it is kept. Throws
    /// std::runtime_error when the command is rejected.
    AppendBatch decide(const CommandRequest& request);
    /// The same, and appends it to the log.
    CommandRequest keep(CommandRequest request);

    /// As a route of the API with this operation id reads it. Throws std::runtime_error when the request is
    /// refused.
    CommandRequest read(std::string_view operation, const Uuid& id, std::string body);
    /// A request that the product makes itself, of the person and realm.
    template <class Command>
    CommandRequest request(TenantId realm, const Uuid& target, Command command) {
        return filled(command_type_of<Command>(), realm, target, std::make_shared<const Command>(command));
    }

    [[nodiscard]] UserId user() const { return principal_.user; }
    [[nodiscard]] TenantId tenant() const { return *principal_.tenant; }
    Uuid new_id() { return ids_.next(); }
    /// The state of a stream, folded from the log's lines.
    template <Decider D>
    typename D::State state(const Uuid& stream) {
        return *static_cast<const typename D::State*>(
            committed_.stream(aggregate_type<D>(), tenant(), stream).state.get()
        );
    }
    /// Folds the log anew, as a process does that has just started.
    void restart();

private:
    static constexpr std::uint16_t kPartitions = 4;
    static constexpr std::size_t kStreamsMax = 64;

    CommandRequest filled(
        const CommandType& type, TenantId realm, const Uuid& target, std::shared_ptr<const void> command
    );
    AppendBatch decide_on(WorkingLayer& batch, BatchLines& lines, const CommandRequest& request);

    MemoryLog log_{kPartitions};
    FixedClock clock_;
    CountingIds ids_;
    crypto::SystemCryptography cryptography_;
    std::unique_ptr<EventStore> store_;
    CommittedState committed_;
    api::Principal principal_;
};

}  // namespace annals::test
