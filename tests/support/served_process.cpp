#include "tests/support/served_process.hpp"

#include "tests/support/child_process.hpp"
#include "tests/support/json_value.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/wait.h>
#include <utility>

namespace annals::test {
namespace {

constexpr std::chrono::seconds kReadyLimit{30};
constexpr std::chrono::seconds kStopLimit{30};

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

ServedProcess::ServedProcess(ServedInstance& instance, const std::string& roles, const Words& flags)
    : roles_(roles) {
    Words words{annals_binary(), "serve", "--home", home_.path(), "--port", "0", "--roles", roles};
    for (const Words& more :
         {Words{"--topic", instance.settings().topic}, Words{"--dsn", instance.database().engine_dsn()},
          Words{"--master-key-file", instance.file("keys/master.key")}, flags}) {
        words.insert(words.end(), more.begin(), more.end());
    }
    if (!instance.settings().kafka.empty()) words.insert(words.end(), {"--kafka", instance.settings().kafka});
    pid_ = spawn(words, {}, {}, home_.file("out.log"), home_.file("err.log"));
    const bool ready = eventually(
        [&] {
            if (!starts_answering()) return false;
            const auto answer = get("/readyz");
            return answer && answer->status == 200;
        },
        kReadyLimit
    );
    if (ready) return;
    kill9();
    throw std::runtime_error("a process with the roles " + roles + " does not become ready: " + log());
}

ServedProcess::~ServedProcess() {
    if (pid_ > 0) kill9();
}

bool ServedProcess::starts_answering() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        throw std::runtime_error(
            "a process with the roles " + roles_ + " ended with " + std::to_string(exit_code_of(status)) +
            ": " + log()
        );
    }
    std::string name = roles_;
    std::ranges::replace(name, ',', '-');
    const bool has_api = roles_.contains("api");
    const std::string run = read_file(home_.file(has_api ? "run.json" : "run-" + name + ".json"));
    if (run.empty()) return false;
    endpoint_ = bench::Endpoint::parse(Json::parse(run).text("/health")).value();
    return true;
}

std::optional<bench::HttpAnswer> ServedProcess::get(const std::string& target) const {
    bench::HttpClient client(endpoint_, std::chrono::seconds(5));
    const auto answer = client.exchange(bench::write_request(endpoint_, "GET", target, {}, ""));
    if (!answer) return std::nullopt;
    return *answer;
}

double ServedProcess::metric(const std::string& series) const {
    const auto answer = get("/metrics");
    if (!answer) return -1;
    const std::string line = "\n" + series + " ";
    const auto found = answer->body.find(line);
    return found == std::string::npos ? -1 : std::stod(answer->body.substr(found + line.size()));
}

std::string ServedProcess::log() const {
    return read_file(home_.file("err.log"));
}

void ServedProcess::signal(int number) const {
    ::kill(pid_, number);
}

int ServedProcess::stop() {
    signal(SIGTERM);
    return wait_for(std::exchange(pid_, -1), kStopLimit);
}

void ServedProcess::kill9() {
    signal(SIGKILL);
    (void)wait_for(std::exchange(pid_, -1), kStopLimit);
}

}  // namespace annals::test
