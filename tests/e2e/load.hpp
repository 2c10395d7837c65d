#pragma once

#include "tests/support/api_client.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace annals::test {

/// Clients that create tasks one after the other until they are stopped, and remember what was acknowledged.
/// They live through kills of the server: a lost answer is sent again with the same Idempotency-Key, as a
/// client does.
class Load {
public:
    struct Acknowledged {
        std::string title;  ///< of the task, different for every command
        std::string id;
        std::string position;
    };

    /// Each client keeps to one project.
    Load(const ServedInstance& instance, const std::string& token, std::vector<std::string> projects);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// The server listens somewhere else now.
    void move_to(const bench::Endpoint& endpoint);
    /// Ends the clients; everything they were told was durable.
    std::vector<Acknowledged> finish();
    [[nodiscard]] std::size_t acknowledged() const { return count_; }
    /// Answers that are neither an acknowledgement nor a refusal to be retried.
    [[nodiscard]] std::vector<std::string> unexpected();

private:
    void run(std::size_t client, const std::string& project);
    bench::Endpoint endpoint();

    std::string token_;
    std::string name_;
    std::mutex mutex_;
    bench::Endpoint endpoint_;
    std::vector<Acknowledged> done_;
    std::vector<std::string> unexpected_;
    std::atomic<std::size_t> count_{0};
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> clients_;
};

}  // namespace annals::test
