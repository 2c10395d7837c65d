#pragma once

#include <cstddef>
#include <string_view>

namespace annals {

/// What Linux keeps of a thread's name.
inline constexpr std::size_t kThreadNameMax = 15;

/// Names the calling thread as thread lists show it (top -H, gdb, /proc/PID/task/*/comm), cut to
/// kThreadNameMax characters. Every thread of ours calls it first: a thread begins with its creator's name,
/// so one that does not would be counted as its creator. Not for the main thread, whose name is the
/// process's.
void name_this_thread(std::string_view name);
/// NAME-NUMBER, for the threads of a kind: the name is cut, never the number.
void name_this_thread(std::string_view name, std::size_t number);

}  // namespace annals
