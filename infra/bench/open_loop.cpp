#include "infra/bench/open_loop.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace annals::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr int kEventsMax = 256;
constexpr std::chrono::milliseconds kTickMax{1};
constexpr std::chrono::seconds kLastAnswers{15};

double ms_since(Clock::time_point from) {
    return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

/// One connection and what it has received of its answer.
struct Line {
    int socket{-1};
    bool busy{false};
    Clock::time_point sent_at{};
    std::string out{};
    std::size_t out_done{0};
    std::string in{};
};

class Loop {
public:
    explicit Loop(const OpenLoopOptions& options) : options_(options), lines_(options.connections) {
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            open(i);
            free_.push_back(i);
        }
    }
    ~Loop() {
        for (const Line& line : lines_) {
            if (line.socket >= 0) ::close(line.socket);
        }
        ::close(epoll_);
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    OpenLoopResult run() {
        const auto start = Clock::now();
        const auto end = start + std::chrono::duration_cast<Clock::duration>(options_.duration);
        const auto gap = options_.rate > 0 ? std::chrono::duration_cast<Clock::duration>(
                                                 std::chrono::duration<double>(1 / options_.rate)
                                             )
                                           : Clock::duration::zero();
        auto due = start;
        for (auto now = start; now < end && !(options_.stopped && options_.stopped()); now = Clock::now()) {
            while (due <= now && !free_.empty()) {
                send_next();
                due = gap.count() > 0 ? due + gap : now;
                if (gap.count() == 0 && free_.empty()) break;
            }
            // What no connection is free for is not sent later in a burst: it counts as late, once.
            while (gap.count() > 0 && due + kTickMax < now) {
                ++result_.late;
                due += gap;
            }
            collect(kTickMax);
        }
        result_.took_s = ms_since(start) / 1000;
        const auto give_up = Clock::now() + kLastAnswers;
        while (free_.size() < lines_.size() && Clock::now() < give_up) collect(kTickMax);
        result_.lost += lines_.size() - free_.size();
        return std::move(result_);
    }

private:
    void open(std::size_t index) {
        Line& line = lines_[index];
        line = {};
        line.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(options_.api.port);
        const bool numeric = ::inet_pton(AF_INET, options_.api.host.c_str(), &address.sin_addr) == 1;
        if (!numeric || ::connect(line.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("cannot connect to " + options_.api.authority());
        }
        const int on = 1;
        ::setsockopt(line.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = index;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, line.socket, &event);
    }

    void send_next() {
        const std::size_t index = free_.back();
        free_.pop_back();
        Line& line = lines_[index];
        line.out = options_.request(number_++);
        line.in.clear();
        line.busy = true;
        line.sent_at = Clock::now();
        // A request fits a socket's buffer that holds nothing else.
        const auto sent = ::send(line.socket, line.out.data(), line.out.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(line.out.size())) lose(index);
    }

    void lose(std::size_t index) {
        ++result_.lost;
        ::close(lines_[index].socket);
        open(index);
        free_.push_back(index);
    }

    void collect(std::chrono::milliseconds wait) {
        epoll_event events[kEventsMax];
        const int count = ::epoll_wait(epoll_, events, kEventsMax, static_cast<int>(wait.count()));
        for (int i = 0; i < count; ++i) receive(static_cast<std::size_t>(events[i].data.u64));
    }

    void receive(std::size_t index) {
        Line& line = lines_[index];
        char buffer[kReadBytes];
        const auto got = ::recv(line.socket, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) {
            if (line.busy) return lose(index);
            ::close(line.socket);
            open(index);
            return;
        }
        line.in.append(buffer, static_cast<std::size_t>(got));
        const std::string_view text = line.in;
        const auto head = text.find("\r\n\r\n");
        if (head == std::string_view::npos || text.size() < head + 4 + body_bytes(text.substr(0, head)))
            return;
        settle(line, text.substr(0, head));
        line.busy = false;
        free_.push_back(index);
    }

    /// Header names are matched as this server writes them.
    static std::size_t body_bytes(std::string_view head) {
        static constexpr std::string_view kName = "Content-Length: ";
        const auto at = head.find(kName);
        std::size_t bytes = 0;
        if (at != std::string_view::npos)
            std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), bytes);
        return bytes;
    }

    void settle(const Line& line, std::string_view head) {
        static constexpr std::size_t kStatusAt = sizeof("HTTP/1.1 ") - 1;
        const std::string_view status = head.substr(kStatusAt, 3);
        if (status.starts_with('2')) {
            result_.accepted_ms.push_back(ms_since(line.sent_at));
        } else if (status == "503" && head.find("Retry-After: ") != std::string_view::npos) {
            result_.refused_ms.push_back(ms_since(line.sent_at));
        } else if (status == "503") {
            ++result_.bare_refusals;
        } else {
            ++result_.other;
            result_.odd_answer = line.in.substr(0, 600);
        }
    }

    const OpenLoopOptions& options_;
    std::vector<Line> lines_;
    std::vector<std::size_t> free_;
    int epoll_{-1};
    std::uint64_t number_{0};
    OpenLoopResult result_;
};

}  // namespace

OpenLoopResult run_open_loop(const OpenLoopOptions& options) {
    return Loop(options).run();
}

double value_at_share(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, values.begin() + place);
    return values[static_cast<std::size_t>(place)];
}

}  // namespace annals::bench
