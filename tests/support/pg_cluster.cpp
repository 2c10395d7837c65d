#include "tests/support/pg_cluster.hpp"

#include "infra/postgres/connection.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace annals::test {
namespace {

constexpr std::chrono::seconds kStartLimit{30};

/// PostgreSQL refuses to run as root; the user its package made is as good as any.
const passwd* other_user() {
    if (::geteuid() != 0) return nullptr;
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) throw std::runtime_error("root needs the user postgres to run PostgreSQL");
    return user;
}

/// As that user; the child dies with this process.
pid_t spawn_as_other(const Words& words, const std::string& log) {
    const passwd* user = other_user();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;
    if (user != nullptr &&
        (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
        ::_exit(127);
    // Immediate shutdown, so that its own children end as well; after setuid, which clears it.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::getppid() != parent || ::chdir("/") != 0) ::_exit(127);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
}

int wait_end(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string outer_cluster() {
    const char* dsn = std::getenv("ANNALS_TEST_PG");
    if (dsn == nullptr) throw std::runtime_error("ANNALS_TEST_PG is not set: run the tests with ./dev test");
    return dsn;
}

}  // namespace

PgCluster::PgCluster() : outer_dsn_(outer_cluster()) {
    pg::Connection outer(outer_dsn_, pg::kMigrationSession);
    programs_ = outer.execute("select setting from pg_config where name = 'BINDIR'").at(0, 0).value();
    if (const passwd* user = other_user(); user != nullptr) {
        if (::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
            throw std::runtime_error("cannot give away " + folder_.path());
    }
    const std::string data = folder_.file("data");
    const pid_t initdb = spawn_as_other(
        {programs_ + "/initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust",
         "-N"},
        folder_.file("initdb.log")
    );
    if (wait_end(initdb) != 0) throw std::runtime_error("initdb failed in " + folder_.path());
    dsn_ = "host=" + folder_.path() + " user=postgres dbname=postgres";
    start();
    ::setenv("ANNALS_TEST_PG", dsn_.c_str(), 1);
}

PgCluster::~PgCluster() {
    ::setenv("ANNALS_TEST_PG", outer_dsn_.c_str(), 1);
    if (postmaster_ > 0) {
        signal_all(SIGCONT);
        end_with(SIGQUIT);
    }
}

void PgCluster::start() {
    postmaster_ = spawn_as_other(
        {programs_ + "/postgres", "-D", folder_.file("data"), "-k", folder_.path(), "-c",
         "listen_addresses=", "-c", "max_connections=60", "-c", "shared_buffers=32MB"},
        folder_.file("log")
    );
    const bool answers = eventually(
        [&] {
            try {
                pg::Connection probe(dsn_, pg::kMigrationSession);
                return true;
            } catch (const pg::PgError&) {
                return false;
            }
        },
        kStartLimit
    );
    if (!answers) throw std::runtime_error("PostgreSQL does not start in " + folder_.path());
}

void PgCluster::end_with(int signal) {
    ::kill(postmaster_, signal);
    (void)wait_end(std::exchange(postmaster_, -1));
}

void PgCluster::stop_fast() {
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
    const std::string task = "/proc/" + std::to_string(postmaster_) + "/task/" + std::to_string(postmaster_);
    std::ifstream file(task + "/children");
    if (signal != SIGKILL) ::kill(postmaster_, signal);
    for (pid_t child = 0; file >> child;) ::kill(child, signal);
}

}  // namespace annals::test
