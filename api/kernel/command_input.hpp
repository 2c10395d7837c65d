#pragma once

#include "api/kernel/route.hpp"
#include "domain/contract/raw_json.hpp"
#include "domain/kernel/bounded.hpp"
#include "domain/kernel/text.hpp"

#include <expected>
#include <string_view>

namespace annals::api {

/// A command as POST /api/v1/commands takes it.
struct CommandForm {
    std::string type;
    std::optional<Uuid> id;
    std::optional<CommandId> command_id;
    std::optional<Bounded<0, INT64_MAX>> expected_version;
    std::optional<Text<1, 500>> reason;
    std::optional<Instant> effective_at;
    std::optional<RawJson> data;
};

/// What POST /api/v1/commands:batch takes.
struct CommandBatch {
    std::optional<bool> atomic;
    Listed<CommandForm, 1, kCommandBatchMax> commands;
};

const contract::TypeInfo* command_form_info();
const contract::TypeInfo* command_batch_info();

/// Both ways to send a command end here: the same reading, the same hash, the same request.
class CommandInput {
public:
    CommandInput(Services& services, const http::Request& request, const Principal& principal)
        : CommandInput(services.ids, services.cryptography, request, principal) {}
    CommandInput(
        IdSource& ids, Cryptography& cryptography, const http::Request& request, const Principal& principal
    )
        : ids_(ids), cryptography_(cryptography), request_(request), principal_(principal) {}

    /// A resource route: body, path parameters, Idempotency-Key and If-Match.
    std::expected<CommandRequest, http::Problem> from_route(const CommandRoute& route) const;
    /// The command form; `pointer` is where the form stands in the document, `index` which one it is.
    std::expected<CommandRequest, http::Problem> from_form(
        const CommandForm& form, const std::string& pointer, std::size_t index = 0
    ) const;

private:
    CommandRequest base(const CommandType& type, TenantId realm, Uuid target) const;
    std::expected<TenantId, http::Problem> realm_of_route(const CommandRoute& route) const;
    /// Takes over what If-Match says; the problem when a condition cannot hold, or cannot be read.
    std::optional<http::Problem> take_condition(CommandRequest& command) const;
    void identify(CommandRequest& request, const std::optional<CommandId>& chosen, std::size_t index) const;

    IdSource& ids_;
    Cryptography& cryptography_;
    const http::Request& request_;
    const Principal& principal_;
};

/// The command id that an Idempotency-Key stands for: itself when it is a UUID, else a UUIDv8 of its hash
/// together with the person, so that two people may use the same word.
CommandId command_id_of_key(Cryptography& cryptography, UserId user, std::string_view key);

/// VALIDATION_FAILED, or MALFORMED_JSON when the document could not be parsed at all.
http::Problem faults_problem(std::vector<FieldFault> faults, const std::string& pointer = {});

}  // namespace annals::api
