#pragma once

#include "commands/kernel/command_type.hpp"
#include "commands/kernel/working_layer.hpp"

namespace annals {

/// What a decision is given beside the log.
struct DecisionContext {
    Instant now{};
    IdSource* ids{nullptr};
    Cryptography* cryptography{nullptr};
    CommittedState* committed{nullptr};
};

/// Authorises and decides one command on top of `layer`, which afterwards holds its events. A rejection
/// leaves the layer to be dropped. Throws StoreUnavailable, UnreadableLog and whatever a defective handler
/// throws.
std::expected<void, Rejection> decide_command(
    const CommandRequest& request, const DecisionContext& context, WorkingLayer& layer
);

/// The streams that deciding this command will read for sure; read ahead for a whole batch in one round trip.
void streams_to_prefetch(
    const CommandRequest& request, const CommittedState& committed, std::vector<StreamKey>& out
);

}  // namespace annals
