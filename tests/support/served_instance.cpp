#include "tests/support/served_instance.hpp"

#include "infra/crypto/key_file.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/json_value.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace annals::test {
namespace {

constexpr std::chrono::seconds kReadyLimit{30};
constexpr std::chrono::seconds kStopLimit{30};

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

pid_t spawn(
    const Words& words, const Variables& environment, const std::string& directory, const std::string& out,
    const std::string& err
) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(127);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(::open(out.c_str(), kAppend, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), kAppend, 0600), STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
}

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for(pid_t pid, std::chrono::seconds limit) {
    int status = 0;
    if (eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }, limit))
        return exit_code_of(status);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return exit_code_of(status);
}

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "annals-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

ProgramEnd run_program(
    const Words& words, const Variables& environment, std::chrono::seconds limit, const std::string& directory
) {
    const TemporaryFolder folder;
    const pid_t pid = spawn(words, environment, directory, folder.file("out"), folder.file("err"));
    ProgramEnd end;
    end.exit_code = wait_for(pid, limit);
    end.output = read_file(folder.file("out"));
    end.errors = read_file(folder.file("err"));
    return end;
}

std::string annals_binary() {
    return ANNALS_TEST_BINARY;
}

ProgramEnd run_annals(const Words& words, const Variables& environment, std::chrono::seconds limit) {
    Words all{annals_binary()};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all, environment, limit);
}

ServedInstance::ServedInstance(InstanceSettings settings)
    : settings_(std::move(settings)), database_(PgDatabase::Contents::migrated, settings_.partitions) {
    std::filesystem::create_directory(file("keys"));
    (void)crypto::create_key_file(file("keys/master.key"), "master key");
    if (settings_.serves) start();
}

ServedInstance::~ServedInstance() {
    if (pid_ > 0) kill9();
}

Words ServedInstance::beside(const std::string& subcommand) const {
    return {subcommand, "--home", home(), "--dsn", database_.engine_dsn()};
}

Words ServedInstance::serve_words() const {
    Words words{annals_binary(), "serve"};
    for (const Words& more :
         {Words{"--home", home(), "--port", "0", "--topic", settings_.topic}, settings_.flags}) {
        words.insert(words.end(), more.begin(), more.end());
    }
    words.insert(words.end(), {"--dsn", database_.engine_dsn()});
    if (!settings_.kafka.empty()) words.insert(words.end(), {"--kafka", settings_.kafka});
    return words;
}

bool ServedInstance::answers(const std::string& target) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        throw std::runtime_error("annals ended with " + std::to_string(exit_code_of(status)) + ": " + log());
    }
    const std::string run = read_file(file("run.json"));
    if (run.empty()) return false;
    const Json json = Json::parse(run);
    endpoint_ = bench::Endpoint::parse(json.text("/api")).value();
    bootstrap_token_ = json.text("/bootstrap_token");
    kafka_ = json.text("/kafka");
    bench::HttpClient client(endpoint_, std::chrono::seconds(2));
    const auto answer = client.exchange(bench::write_request(endpoint_, "GET", target, {}, ""));
    return answer && answer->status == 200;
}

void ServedInstance::launch() {
    std::filesystem::remove(file("run.json"));
    pid_ = spawn(serve_words(), {}, {}, file("out.log"), file("err.log"));
    if (eventually([&] { return answers("/livez"); }, kReadyLimit)) return;
    kill9();
    throw std::runtime_error("annals does not answer after 30 s: " + log());
}

void ServedInstance::start() {
    launch();
    if (eventually([&] { return answers("/readyz"); }, kReadyLimit)) return;
    kill9();
    throw std::runtime_error("annals is not ready after 30 s: " + log());
}

void ServedInstance::ask_to_stop() const {
    ::kill(pid_, SIGTERM);
}

int ServedInstance::wait_end() {
    return wait_for(std::exchange(pid_, -1), kStopLimit);
}

int ServedInstance::stop() {
    ask_to_stop();
    return wait_end();
}

void ServedInstance::send_signal(int signal) const {
    ::kill(pid_, signal);
}

void ServedInstance::kill9() {
    ::kill(pid_, SIGKILL);
    (void)wait_end();
}

std::string ServedInstance::log() const {
    return read_file(file("err.log"));
}

}  // namespace annals::test
