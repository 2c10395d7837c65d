#include "tests/support/own_cluster.hpp"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace annals::test {
namespace {

namespace fs = std::filesystem;

/// The newest PostgreSQL from 15 on.
std::string server_program(const std::string& name) {
    for (const int major : {18, 17, 16, 15}) {
        const std::string path = fmt::format("/usr/lib/postgresql/{}/bin/{}", major, name);
        if (fs::exists(path)) return path;
    }
    throw std::runtime_error("no PostgreSQL server below /usr/lib/postgresql");
}

void must_run(const Words& words) {
    const ProgramEnd end = run_program(words);
    if (end.exit_code != 0) throw std::runtime_error(words.back() + ": " + end.output + end.errors);
}

}  // namespace

Words OwnCluster::as_user(const Words& words) {
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

OwnCluster::OwnCluster() {
    fs::permissions(folder_.path(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    fs::create_directory(file(""));
    if (::geteuid() == 0) must_run({"chown", "postgres:", file("")});
    fs::copy_file(annals_binary(), annals());
    fs::permissions(annals(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    must_run(as_user({server_program("initdb"), "-k", "-A", "trust", "-U", "postgres", "-D", file("data")}));
    configure(fmt::format(
        "listen_addresses = ''\nunix_socket_directories = '{}'\nlog_min_error_statement = panic\n", file("")
    ));
}

void OwnCluster::configure(const std::string& lines) const {
    std::ofstream(file("data/postgresql.conf"), std::ios::app) << lines;
}

OwnCluster::~OwnCluster() {
    if (server_) stop();
}

bool OwnCluster::answers() const {
    if (const auto code = server_->ended()) {
        throw std::runtime_error(fmt::format("PostgreSQL ended with {}: see {}", *code, file("log")));
    }
    try {
        const pg::Connection probe(dsn(), pg::kMigrationSession);
        return true;
    } catch (const pg::PgError&) {
        return false;
    }
}

void OwnCluster::start(const std::string& data) {
    server_ = std::make_unique<runtime::Program>(runtime::ProgramOrder{
        .words = as_user({server_program("postgres"), "-D", data.empty() ? file("data") : data}),
        .output = file("log"),
        .death_signal = SIGINT
    });
    if (!eventually([&] { return answers(); })) throw std::runtime_error("PostgreSQL does not answer");
}

void OwnCluster::stop() {
    server_->signal(SIGINT);
    (void)server_->wait();
    server_.reset();
}

std::string OwnCluster::dsn() const {
    return fmt::format("host={} user=postgres dbname=postgres", file(""));
}

UseCluster::UseCluster(const OwnCluster& cluster) {
    if (const char* dsn = std::getenv("ANNALS_TEST_PG")) before_ = dsn;
    ::setenv("ANNALS_TEST_PG", cluster.dsn().c_str(), 1);
}

UseCluster::~UseCluster() {
    ::setenv("ANNALS_TEST_PG", before_.c_str(), 1);
}

}  // namespace annals::test
