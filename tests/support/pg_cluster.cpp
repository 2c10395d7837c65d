#include "tests/support/pg_cluster.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace annals::test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kStartLimit{30};

void must_run(const Words& words) {
    const ProgramEnd end = run_program(words);
    if (end.exit_code != 0) throw std::runtime_error(words.back() + ": " + end.output + end.errors);
}

/// Where the programs of a running server are.
std::string programs_of(const std::string& dsn) {
    pg::Connection server(dsn, pg::kMigrationSession);
    const pg::Rows rows = server.execute("select setting from pg_config where name = 'BINDIR'");
    return std::string(rows.at(0, 0).value());
}

}  // namespace

Words PgCluster::as_user(const Words& words) {
    if (::geteuid() != 0) return words;
    Words all{"setpriv",
              "--reuid=postgres",
              "--regid=postgres",
              "--init-groups",
              "--pdeathsig",
              "SIGINT",
              "env",
              "-C",
              "/"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

PgCluster::PgCluster() : outer_dsn_(test_cluster_dsn()), programs_(programs_of(outer_dsn_)) {
    fs::permissions(folder_.path(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    fs::create_directory(file(""));
    if (::geteuid() == 0) must_run({"chown", "postgres:", file("")});
    must_run(as_user(
        {programs_ + "/initdb", "-k", "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
         "-D", file("data")}
    ));
    configure(fmt::format(
        "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 60\n"
        "shared_buffers = 32MB\nlog_min_error_statement = panic\n",
        file("")
    ));
    dsn_ = fmt::format("host={} user=postgres dbname=postgres", file(""));
    ::setenv("ANNALS_TEST_PG", dsn_.c_str(), 1);
}

PgCluster::~PgCluster() {
    ::setenv("ANNALS_TEST_PG", outer_dsn_.c_str(), 1);
    if (server_) {
        signal_all(SIGCONT);
        end_with(SIGQUIT);
    }
}

void PgCluster::configure(const std::string& lines) const {
    std::ofstream(file("data/postgresql.conf"), std::ios::app) << lines;
}

bool PgCluster::answers() const {
    if (const auto code = server_->ended()) {
        throw std::runtime_error(fmt::format("PostgreSQL ended with {}: see {}", *code, file("log")));
    }
    try {
        const pg::Connection probe(dsn_, pg::kMigrationSession);
        return true;
    } catch (const pg::PgError&) {
        return false;
    }
}

void PgCluster::start(const std::string& data) {
    server_ = std::make_unique<runtime::Program>(runtime::ProgramOrder{
        .words = as_user({programs_ + "/postgres", "-D", data.empty() ? file("data") : data}),
        .output = file("log"),
        .death_signal = SIGINT
    });
    if (!eventually([&] { return answers(); }, kStartLimit))
        throw std::runtime_error("PostgreSQL does not answer: see " + file("log"));
}

void PgCluster::end_with(int signal) {
    server_->signal(signal);
    (void)server_->wait();
    server_.reset();
}

void PgCluster::stop() {
    end_with(SIGINT);
}

void PgCluster::kill9() {
    // All at once: a postmaster alone would leave its children to end in their own time.
    signal_all(SIGKILL);
    end_with(SIGKILL);
}

void PgCluster::pause() const {
    signal_all(SIGSTOP);
}
void PgCluster::resume() const {
    signal_all(SIGCONT);
}

/// To the postmaster, so that it starts nobody new, and then to those it has started.
void PgCluster::signal_all(int signal) const {
    std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", server_->pid()));
    if (signal != SIGKILL) server_->signal(signal);
    for (pid_t child = 0; file >> child;) ::kill(child, signal);
}

}  // namespace annals::test
