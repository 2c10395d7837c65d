#pragma once

#include "commands/kernel/command_type.hpp"

#include <string>
#include <vector>

namespace annals::test {

/// The code of a rejection, or what was accepted instead.
inline std::string code_of(const CommandResult& result) {
    return result ? "accepted" : result.error().code;
}

/// The pointers of a rejection's field faults.
inline std::vector<std::string> pointers_of(const CommandResult& result) {
    std::vector<std::string> pointers;
    if (result) return pointers;
    for (const FieldFault& fault : result.error().faults) pointers.push_back(fault.pointer);
    return pointers;
}

}  // namespace annals::test
