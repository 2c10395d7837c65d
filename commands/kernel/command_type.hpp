#pragma once

#include "commands/kernel/aggregate.hpp"
#include "commands/ports/event_store.hpp"
#include "domain/contract/envelope.hpp"
#include "domain/contract/message_type.hpp"
#include "domain/kernel/rejection.hpp"
#include "domain/organizations/permissions.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

class CommandScope;

/// Whether the stream a command names must be there already.
enum class Target : std::uint8_t { creates, existing };

/// Who may send a command.
enum class Access : std::uint8_t {
    permission,  ///< a member of the realm whose roles allow `permission`
    signed_in,   ///< any person
    internal     ///< only this product's own code; not reachable through POST /commands
};

/// Decides one command: loads what it needs through the scope, calls the aggregate's `decide`, appends its
/// events. `command` points to the struct that `shape` describes. Runs on the writer's thread.
using CommandHandler = std::expected<void, Rejection> (*)(CommandScope& scope, const void* command);

/// One row of a context's command table.
struct CommandType {
    const contract::CommandShape* shape{nullptr};
    const AggregateType* aggregate{nullptr};  ///< of the stream the command is addressed to
    Target target{Target::existing};
    Access access{Access::permission};
    organizations::Permission permission{};
    bool target_is_realm{false};  ///< the stream is a realm's own, so its id is the realm's: an organization
    CommandHandler handler{nullptr};

    [[nodiscard]] std::string_view name() const { return shape->name; }
};

/// A command on its way to the writer, complete: everything a decision and an envelope need.
struct CommandRequest {
    const CommandType* type{nullptr};
    std::shared_ptr<const void> command;
    Uuid target{};     ///< the stream it is addressed to; for a creating command its new id
    TenantId realm{};  ///< of that stream
    /// The realm that its sender belongs to, as their session says: their organization, or their own. Nothing
    /// for what cannot be sent to a realm of one's choice, logins for example: then it is `realm`.
    std::optional<TenantId> sender{};
    bool fresh_target{false
    };  ///< the id was made for this request, so nothing needs to be looked up under it
    contract::Actor actor{};
    std::optional<SessionId> session{};
    CommandId command_id{};
    bool repeatable{false};  ///< the client chose the command id, so the command may have been here before
    /// The id was made by another process, which decides the command itself when it gives up waiting for us:
    /// it may turn up in the log whenever somebody else has appended.
    bool passed_on{false};
    Digest request_hash{};  ///< of type, target and fields; tells a repeat from another use of the same id
    std::optional<StreamVersion> expected_version{};
    std::string request_id;
    std::optional<Uuid> correlation{};
    std::optional<Uuid> causation{};
    std::optional<Instant> effective_at{};
    std::string reason;
    std::string client_address;  ///< clear; sealed with the actor's key before it is written
    std::string traceparent;

    /// The realm at whose expense it waits for the writer. Not the realm it names: whether the sender belongs
    /// to that one is for the decision to say, and until then anybody may name any number of them.
    [[nodiscard]] TenantId line() const { return sender.value_or(realm); }
};

/// What an accepted command answers. `body` is the stored JSON answer, the same bytes on every repeat.
struct CommandAnswer {
    Uuid id{};
    StreamVersion version{0};
    Position position{};
    bool repeated{false};  ///< answered from the command log
    std::string body;
};

using CommandResult = std::expected<CommandAnswer, Rejection>;

/// `{"id":"…","version":3,"position":"1-3-4711"}`, and back.
std::string write_answer(const CommandAnswer& answer);
std::optional<CommandAnswer> read_answer(std::string_view body);

}  // namespace annals
