#pragma once

#include "tests/support/served_instance.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace annals::test {

/// One more `annals serve` of an instance's product: other roles on the same database, broker and master key,
/// with a home and a port of its own. It dies with the test.
class ServedProcess {
public:
    /// Waits until it is ready; throws when it does not become so. `roles` as --roles takes them.
    ServedProcess(ServedInstance& instance, const std::string& roles, const Words& flags = {});
    ~ServedProcess();
    ServedProcess(const ServedProcess&) = delete;
    ServedProcess& operator=(const ServedProcess&) = delete;

    /// Status and body of a GET; nothing when the process does not answer.
    [[nodiscard]] std::optional<bench::HttpAnswer> get(const std::string& target) const;
    /// A value of /metrics, such as "annals_projector_partitions"; -1 when it is not there.
    [[nodiscard]] double metric(const std::string& series) const;
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const bench::Endpoint& endpoint() const { return endpoint_; }
    [[nodiscard]] std::string log() const;

    void signal(int number) const;
    /// SIGTERM, and the exit code of an orderly end.
    int stop();
    void kill9();

private:
    bool starts_answering();

    std::string roles_;
    TemporaryFolder home_;
    pid_t pid_{-1};
    bench::Endpoint endpoint_;
};

}  // namespace annals::test
