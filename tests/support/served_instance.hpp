#pragma once

#include "infra/bench/http_client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/pg_fixture.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace annals::test {

/// What a run of the executable came to.
struct ProgramEnd {
    int exit_code{-1};  ///< 128 + n when signal n ended it
    std::string output;
    std::string errors;
};

using Words = std::vector<std::string>;
using Variables = std::vector<std::pair<std::string, std::string>>;

/// Where the executable under test is.
std::string annals_binary();

/// Runs `annals` with these words to its end; it is killed after `limit`. `environment` is added to ours.
ProgramEnd run_annals(
    const Words& words, const Variables& environment = {},
    std::chrono::seconds limit = std::chrono::seconds(60)
);

/// Any program, found by the PATH, in the folder `directory` when one is given.
ProgramEnd run_program(
    const Words& words, const Variables& environment = {},
    std::chrono::seconds limit = std::chrono::seconds(60), const std::string& directory = {}
);

/// A folder of its own, gone at the end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct InstanceSettings {
    std::string kafka{};  ///< HOST:PORT of a real broker; empty: the embedded one
    std::string topic{"annals.events"};
    std::uint16_t partitions{4};
    Words flags{};      ///< added to those that every instance gets
    bool serves{true};  ///< false: home and database only, for tests of what does not start
};

/// The whole product as a user runs it: the `annals` executable as a process of its own on a database and a
/// home of its own, on a free port. It dies with the test. Throws when it does not come up.
class ServedInstance {
public:
    explicit ServedInstance(InstanceSettings settings = {});
    ~ServedInstance();
    ServedInstance(const ServedInstance&) = delete;
    ServedInstance& operator=(const ServedInstance&) = delete;

    /// Starts the process and waits until it is ready.
    void start();
    /// Starts the process and waits until it answers at all.
    void launch();
    /// SIGTERM, and the exit code of an orderly end.
    int stop();
    /// SIGTERM only; `wait_end` tells how it ended.
    void ask_to_stop() const;
    int wait_end();
    void kill9();
    /// Any signal to the process.
    void send_signal(int signal) const;
    [[nodiscard]] pid_t pid() const { return pid_; }

    [[nodiscard]] const bench::Endpoint& endpoint() const { return endpoint_; }
    [[nodiscard]] const std::string& bootstrap_token() const { return bootstrap_token_; }
    [[nodiscard]] const std::string& kafka() const { return kafka_; }  ///< as run.json names it
    [[nodiscard]] std::string file(const std::string& name) const { return home_.file(name); }
    [[nodiscard]] const std::string& home() const { return home_.path(); }
    [[nodiscard]] const InstanceSettings& settings() const { return settings_; }
    [[nodiscard]] std::string log() const;  ///< everything it wrote to standard error, over all starts
    PgDatabase& database() { return database_; }
    std::uint64_t events() { return std::stoull(database_.value("select count(*) from log.event")); }

    /// The flags of another process on the same home and database: `annals verify` and the like.
    [[nodiscard]] Words beside(const std::string& subcommand) const;

private:
    [[nodiscard]] Words serve_words() const;
    bool answers(const std::string& target);

    InstanceSettings settings_;
    TemporaryFolder home_;
    PgDatabase database_;
    pid_t pid_{-1};
    bench::Endpoint endpoint_;
    std::string bootstrap_token_;
    std::string kafka_;
};

}  // namespace annals::test
