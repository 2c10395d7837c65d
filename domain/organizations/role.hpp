#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>

namespace annals::organizations {

/// What a member is in an organization. A role stands for a set of permissions, see permissions.hpp. On the
/// wire `operator_`, a keyword in C++, is "operator".
enum class Role : std::uint8_t {
    owner,
    admin,
    manager,
    analyst,
    viewer,
    member,
    operator_,
    executor,
    assistant,
    clinician,
    auditor
};
BOOST_DESCRIBE_ENUM(
    Role, owner, admin, manager, analyst, viewer, member, operator_, executor, assistant, clinician, auditor
)

}  // namespace annals::organizations
