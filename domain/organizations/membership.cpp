#include "domain/organizations/membership.hpp"

#include "domain/kernel/overloaded.hpp"

#include <cstdint>

namespace annals::organizations {
namespace {

constexpr std::uint64_t kFirstBasis = 0xcbf29ce484222325ULL;   // the usual one of FNV-1a
constexpr std::uint64_t kSecondBasis = 0x6c62272e07bb0142ULL;  // upper half of the basis of 128-bit FNV-1a
constexpr std::uint64_t kPrime = 0x100000001b3ULL;

std::uint64_t fnv1a(std::uint64_t hash, const Uuid& id) {
    for (const std::uint8_t byte : id.bytes) {
        hash ^= byte;
        hash *= kPrime;
    }
    return hash;
}

}  // namespace

MembershipId membership_id(TenantId tenant, UserId user) {
    const std::uint64_t first = fnv1a(fnv1a(kFirstBasis, tenant.value), user.value);
    const std::uint64_t second = fnv1a(fnv1a(kSecondBasis, tenant.value), user.value);
    MembershipId id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.value.bytes[i] = static_cast<std::uint8_t>(first >> (56 - 8 * i));
        id.value.bytes[8 + i] = static_cast<std::uint8_t>(second >> (56 - 8 * i));
    }
    id.value.bytes[6] = static_cast<std::uint8_t>((id.value.bytes[6] & 0x0FU) | 0x80U);  // version 8
    id.value.bytes[8] =
        static_cast<std::uint8_t>((id.value.bytes[8] & 0x3FU) | 0x80U);  // variant of RFC 9562
    return id;
}

static_assert(Decider<Membership>);

Membership::State Membership::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const MembershipCreated& created) {
                state.active = true;
                state.user_id = created.user_id;
                state.roles = created.roles;
            },
        },
        event
    );
    return state;
}

Decision<Membership::Event> Membership::join(const State& state, UserId user, std::vector<Role> roles) {
    if (state.active) return std::vector<Event>{};
    return {{MembershipCreated{.user_id = user, .roles = std::move(roles)}}};
}

}  // namespace annals::organizations
