#pragma once

#include "infra/crypto/key.hpp"

#include <string>
#include <string_view>

namespace annals::crypto {

/// Reads a key of exactly 32 raw bytes. `what` names it in messages ("master key"). Throws
/// runtime::ConfigError with one line that says what to do when the file is missing, is no regular file, is
/// open to group or others, belongs to another user or has another size.
Key read_key_file(const std::string& path, std::string_view what);

/// Writes a new random key with mode 0600, and its folder with 0700 where missing. An existing file is never
/// touched: false then. Two processes may race; one of them wins and both see the same whole file. Throws
/// ConfigError when the file cannot be written.
bool create_key_file(const std::string& path, std::string_view what);

}  // namespace annals::crypto
