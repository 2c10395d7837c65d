#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace annals::kafka::test {

/// Stands between a client and a broker on this machine and can be a network that swallows everything. The
/// broker names itself in its answers; the proxy puts its own port there, so that the client stays with it.
class KafkaProxy {
public:
    /// `broker` is "127.0.0.1:PORT".
    explicit KafkaProxy(const std::string& broker);
    ~KafkaProxy();
    KafkaProxy(const KafkaProxy&) = delete;
    KafkaProxy& operator=(const KafkaProxy&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    /// From now on nothing is forwarded, while every connection stays open and new ones are taken.
    void swallow() { swallowing_ = true; }
    /// Forwards again, what was held back first.
    void restore() { swallowing_ = false; }

private:
    void accept_all();
    void serve(int client) const;
    bool forward_answer(int upstream, int client) const;

    std::uint16_t broker_port_;
    std::uint16_t port_{0};
    int listener_{-1};
    std::atomic<bool> swallowing_{false};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::list<std::jthread> links_;
    std::jthread acceptor_;
};

}  // namespace annals::kafka::test
