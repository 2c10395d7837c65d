#include "domain/kernel/thread_name.hpp"

#include <algorithm>
#include <pthread.h>
#include <string>

namespace annals {

void name_this_thread(std::string_view name) {
    // It fails for nothing but a name that is too long.
    (void)pthread_setname_np(pthread_self(), std::string(name.substr(0, kThreadNameMax)).c_str());
}

void name_this_thread(std::string_view name, std::size_t number) {
    const std::string suffix = "-" + std::to_string(number);
    const std::size_t room = kThreadNameMax - std::min(kThreadNameMax, suffix.size());
    name_this_thread(std::string(name.substr(0, room)) + suffix);
}

}  // namespace annals
