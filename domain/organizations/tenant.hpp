#pragma once

#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/organizations/commands.hpp"
#include "domain/organizations/events.hpp"

#include <boost/describe/class.hpp>
#include <string_view>
#include <variant>

namespace annals::organizations {

/// An organization. Its stream has the organization's id and lives in its own realm.
struct Tenant {
    static constexpr std::string_view kCategory = "tenant";

    using Event = std::variant<TenantCreated, TenantRenamed>;
    struct State {
        bool created{false};
        TenantName name{};
        UserId founder{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    /// DUPLICATE when the organization is there. That the slug is free, the reservation sees to.
    static Decision<Event> decide(const State& state, const CreateTenant& command, UserId owner);
    static Decision<Event> decide(const State& state, const RenameTenant& command);
};
BOOST_DESCRIBE_STRUCT(Tenant::State, (), (created, name, founder))

}  // namespace annals::organizations
