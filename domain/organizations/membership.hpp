#pragma once

#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/organizations/events.hpp"

#include <boost/describe/class.hpp>
#include <string_view>
#include <variant>
#include <vector>

namespace annals::organizations {

/// The stream of a person's membership in an organization. It follows from the two ids, so that it is found
/// without a query and exists once: name_uuid() over both. Part of the stored format: it can never change.
MembershipId membership_id(TenantId tenant, UserId user);

/// A person in an organization. No command of its own makes one: founding and joining do.
struct Membership {
    static constexpr std::string_view kCategory = "membership";

    using Event = std::variant<MembershipCreated>;
    struct State {
        bool active{false};
        UserId user_id{};
        std::vector<Role> roles{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    /// No event for a person who is a member already: they keep the roles they have.
    static Decision<Event> join(const State& state, UserId user, std::vector<Role> roles);
};
BOOST_DESCRIBE_STRUCT(Membership::State, (), (active, user_id, roles))

}  // namespace annals::organizations
