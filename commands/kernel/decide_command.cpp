#include "commands/kernel/decide_command.hpp"

#include "domain/organizations/membership.hpp"

namespace annals {
namespace {

class LayerScope final : public CommandScope {
public:
    LayerScope(const CommandRequest& request, const DecisionContext& context, WorkingLayer& layer)
        : request_(request), context_(context), layer_(layer) {}

    const CommandRequest& request() const override { return request_; }
    Instant now() const override { return context_.now; }
    Uuid new_id() override { return context_.ids->next(); }

    StreamState load_stream(const AggregateType& type, TenantId of, const Uuid& stream) override {
        return layer_.stream(type, of, stream);
    }
    void append_events(
        const AggregateType& type, TenantId of, const Uuid& stream, std::vector<contract::AnyEvent> events
    ) override {
        layer_.append(request_, type, of, stream, std::move(events));
    }
    std::int64_t counter(TenantId tenant, const std::string& scope) override {
        return layer_.counter({tenant, scope});
    }
    void set_counter(TenantId tenant, const std::string& scope, std::int64_t value) override {
        layer_.set_counter({tenant, scope}, value);
    }
    std::optional<ReservationOwner> reservation(const ReservationKey& key) override {
        return layer_.reservation(key);
    }
    void reserve(const ReservationKey& key, const ReservationOwner& owner) override {
        layer_.reserve(key, owner);
    }
    void release(const ReservationKey& key) override { layer_.release(key); }

    std::string blind_index(std::string_view scope, std::string_view value) override {
        return context_.cryptography->blind_index(scope, value);
    }
    void create_subject(TenantId of, const Uuid& subject) override {
        const SubjectKey key = context_.cryptography->new_subject_key();
        context_.committed->keyring().remember(subject, key);
        layer_.add_subject(of, subject, context_.cryptography->wrap(subject, key));
    }
    void store_credential(CredentialRow row) override { layer_.add_credential(std::move(row)); }
    std::optional<std::string> neighbour_rank(
        const Uuid& project, const Uuid& column, const std::string& rank, bool before
    ) override {
        return context_.committed->store().find_neighbour_rank(realm(), project, column, rank, before);
    }

private:
    const CommandRequest& request_;
    const DecisionContext& context_;
    WorkingLayer& layer_;
};

/// A realm whose members do not include the actor answers as if it were not there.
std::expected<void, Rejection> authorise(CommandScope& scope) {
    const CommandRequest& request = scope.request();
    if (request.type->access == Access::internal) return {};
    if (request.actor.kind != contract::ActorKind::user) {
        return std::unexpected(reject("FORBIDDEN", "only a person may send this command"));
    }
    if (request.type->access == Access::signed_in) return {};
    const Uuid id = organizations::membership_id(request.realm, UserId{request.actor.id}).value;
    const auto [membership, version] = scope.load<organizations::Membership>(request.realm, id);
    if (version == 0 || !membership->active) {
        return std::unexpected(reject("NOT_FOUND", "there is nothing here for you under this id"));
    }
    if (!organizations::allows(membership->roles, request.type->permission)) {
        return std::unexpected(reject(
            "FORBIDDEN", "your roles do not include the permission " +
                             std::string(organizations::permission_name(request.type->permission))
        ));
    }
    return {};
}

std::expected<void, Rejection> check_target(const CommandRequest& request, StreamVersion current) {
    if (request.type->target == Target::existing && current == 0) {
        return std::unexpected(reject("NOT_FOUND", "there is nothing here for you under this id"));
    }
    if (request.expected_version && *request.expected_version != current) {
        Rejection conflict = reject(
            "VERSION_CONFLICT", "expected version " + std::to_string(*request.expected_version) +
                                    ", the current version is " + std::to_string(current)
        );
        conflict.current_version = current;
        return std::unexpected(std::move(conflict));
    }
    return {};
}

}  // namespace

std::expected<void, Rejection> decide_command(
    const CommandRequest& request, const DecisionContext& context, WorkingLayer& layer
) {
    LayerScope scope(request, context, layer);
    if (auto allowed = authorise(scope); !allowed) return allowed;
    const StreamState target = layer.stream(*request.type->aggregate, request.realm, request.target);
    if (auto fits = check_target(request, target.version); !fits) return fits;
    return request.type->handler(scope, request.command.get());
}

void streams_to_prefetch(
    const CommandRequest& request, const CommittedState& committed, std::vector<StreamKey>& out
) {
    const std::uint16_t partition = committed.partition(request.realm);
    // Also of a stream to be created under an id that came from outside: that it is not there is asked for
    // the whole batch at once.
    if (!request.fresh_target) out.push_back({partition, request.target});
    if (request.type->access == Access::permission) {
        out.push_back({partition, organizations::membership_id(request.realm, UserId{request.actor.id}).value}
        );
    }
}

}  // namespace annals
