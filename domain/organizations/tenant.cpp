#include "domain/organizations/tenant.hpp"

#include "domain/kernel/overloaded.hpp"

namespace annals::organizations {

static_assert(Decider<Tenant>);

Tenant::State Tenant::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const TenantCreated& created) {
                state.created = true;
                state.name = created.name;
                state.founder = created.owner;
            },
            [&](const TenantRenamed& renamed) { state.name = renamed.name.after; },
        },
        event
    );
    return state;
}

Decision<Tenant::Event> Tenant::decide(const State& state, const CreateTenant& command, UserId owner) {
    if (state.created) return std::unexpected(reject("DUPLICATE", "the organization exists already"));
    return {{TenantCreated{
        .name = command.name,
        .slug = command.slug,
        .kind = command.kind.value_or(TenantKind::general),
        .owner = owner,
        .time_zone = command.time_zone,
        .currency = command.currency,
        .locale = command.locale,
    }}};
}

Decision<Tenant::Event> Tenant::decide(const State& state, const RenameTenant& command) {
    if (!state.created) return std::unexpected(reject("NOT_FOUND", "there is no such organization"));
    if (state.name == command.name) return std::vector<Event>{};
    return {{TenantRenamed{.name = {.before = state.name, .after = command.name}}}};
}

}  // namespace annals::organizations
