#include "infra/runtime/program.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace annals::runtime {
namespace {

constexpr int kNoProgram = 127;

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Between fork and exec: nothing that takes a lock or memory of the parent's threads.
[[noreturn]] void become(
    char* const* words, char* const* environment, const char* output, int death_signal, pid_t parent
) {
    ::prctl(PR_SET_PDEATHSIG, death_signal);
    if (::getppid() != parent) ::_exit(kNoProgram);
    if (output != nullptr) {
        const int file = ::open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(file, STDOUT_FILENO);
        ::dup2(file, STDERR_FILENO);
    }
    ::execvpe(words[0], words, environment);
    ::_exit(kNoProgram);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

}  // namespace

Program::Program(const ProgramOrder& order) {
    std::vector<std::string> words = order.words;
    std::vector<std::string> variables;
    // Ours first: of two variables with one name programs find the first.
    for (const auto& [name, value] : order.environment)
        variables.push_back(fmt::format("{}={}", name, value));
    for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
    const std::vector<char*> word_pointers = pointers(words);
    const std::vector<char*> variable_pointers = pointers(variables);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) {
        const char* output = order.output.empty() ? nullptr : order.output.c_str();
        become(word_pointers.data(), variable_pointers.data(), output, order.death_signal, parent);
    }
}

Program::~Program() {
    if (end_) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
}

std::optional<int> Program::ended() {
    int status = 0;
    if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_) end_ = exit_code_of(status);
    return end_;
}

int Program::wait() {
    int status = 0;
    while (!end_) {
        if (::waitpid(pid_, &status, 0) == pid_) end_ = exit_code_of(status);
    }
    return *end_;
}

void Program::signal(int number) const {
    if (!end_) ::kill(pid_, number);
}

int run_program(const ProgramOrder& order) {
    return Program(order).wait();
}

}  // namespace annals::runtime
