#include "infra/app/recovery_server.hpp"

#include "infra/postgres/connection.hpp"
#include "infra/postgres/dsn.hpp"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace annals::app {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kReadyPause{50};
constexpr std::size_t kLogEndBytes = 1'500;

fs::path private_folder() {
    std::string name = (fs::temp_directory_path() / "annals-restore-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    return name;
}

}  // namespace

RecoveryServer::RecoveryServer(const std::string& program, const fs::path& data, const Settings& settings)
    : folder_(private_folder()) {
    std::ofstream(folder_ / "postgresql.conf") << "# everything is on the command line\n";
    std::ofstream(folder_ / "ident.conf") << '\n';
    std::ofstream(folder_ / "hba.conf") << "local all all trust\n";
    runtime::ProgramOrder order{
        .words = {program, "-D", data.string()},
        .output = (folder_ / "log").string(),
        .death_signal = SIGINT  // a fast shutdown
    };
    const Settings own{
        {"config_file", (folder_ / "postgresql.conf").string()},
        {"hba_file", (folder_ / "hba.conf").string()},
        {"ident_file", (folder_ / "ident.conf").string()},
        {"unix_socket_directories", folder_.string()},
        {"unix_socket_permissions", "0700"},
        {"listen_addresses", ""},
        {"ssl", "off"},
        {"archive_mode", "off"},
        {"hot_standby", "off"},  // it answers when recovery is over and not before
        {"shared_preload_libraries", ""},
    };
    for (const Settings* some : {&own, &settings}) {
        for (const auto& [name, value] : *some) {
            order.words.emplace_back("-c");
            order.words.push_back(fmt::format("{}={}", name, value));
        }
    }
    server_ = std::make_unique<runtime::Program>(order);
}

RecoveryServer::~RecoveryServer() {
    stop();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string RecoveryServer::dsn(const std::string& user, const std::string& dbname) const {
    return pg::dsn_with(pg::dsn_with("host=" + folder_.string(), "user", user), "dbname", dbname);
}

std::string RecoveryServer::log_end() const {
    std::ifstream file(folder_ / "log", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.size() <= kLogEndBytes ? text : text.substr(text.size() - kLogEndBytes);
}

void RecoveryServer::wait_ready(
    const std::string& user, const std::string& dbname, std::chrono::seconds limit
) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (true) {
        if (const auto code = server_->ended()) {
            throw std::runtime_error(
                fmt::format("PostgreSQL ended its recovery with {}:\n{}", *code, log_end())
            );
        }
        try {
            const pg::Connection probe(dsn(user, dbname), pg::kMigrationSession);
            return;
        } catch (const pg::PgError& error) {
            if (std::chrono::steady_clock::now() > until) {
                throw std::runtime_error(
                    fmt::format("PostgreSQL is not ready ({}):\n{}", error.what(), log_end())
                );
            }
        }
        std::this_thread::sleep_for(kReadyPause);
    }
}

void RecoveryServer::stop() {
    if (!server_ || server_->ended()) return;
    server_->signal(SIGINT);
    (void)server_->wait();
}

}  // namespace annals::app
