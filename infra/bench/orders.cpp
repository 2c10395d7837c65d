#include "infra/bench/orders.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace annals::bench {
namespace {

constexpr std::size_t kReadBytes = 256;

}  // namespace

Orders::Outcome Orders::wait_for(std::string_view order, std::chrono::steady_clock::time_point until) {
    while (true) {
        for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n')) {
            const std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            if (line == order) return Outcome::given;
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return Outcome::late;
        pollfd watched{STDIN_FILENO, POLLIN, 0};
        if (::poll(&watched, 1, static_cast<int>(left.count())) <= 0) continue;
        std::array<char, kReadBytes> bytes;
        const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) return Outcome::alone;
        if (got > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace annals::bench
