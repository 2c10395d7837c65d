#pragma once

#include "domain/kernel/text.hpp"

#include <boost/describe/enum.hpp>
#include <cstdint>

namespace annals::identity {

using DisplayName = Text<1, 80>;
/// What a person calls the device they log in from; "Firefox on the laptop".
using DeviceName = Text<0, 80>;

/// Why a login failed. To the person who tries, both look the same as an unknown e-mail address.
enum class LoginFailure : std::uint8_t {
    wrong_password,
    locked  ///< tried while the account was locked; does not prolong the lock
};
BOOST_DESCRIBE_ENUM(LoginFailure, wrong_password, locked)

}  // namespace annals::identity
