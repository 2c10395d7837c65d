#pragma once

#include <chrono>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace annals::kafka::test {

/// A program of its own that tests stop, go on with and kill. It is killed at the end.
class ChildProcess {
public:
    explicit ChildProcess(std::vector<std::string> words) {
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        process_ = fork();
        if (process_ == 0) {
            execv(arguments.front(), arguments.data());
            _exit(127);
        }
        if (process_ < 0) throw std::runtime_error("fork failed");
        handle_ = static_cast<int>(syscall(SYS_pidfd_open, process_, 0));
    }
    ~ChildProcess() {
        if (process_ > 0) {
            send(SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        close(handle_);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    void send(int signal) const { kill(process_, signal); }
    /// True when the process ends within `limit`.
    [[nodiscard]] bool ends_within(std::chrono::milliseconds limit) const {
        pollfd wait{handle_, POLLIN, 0};
        return ::poll(&wait, 1, static_cast<int>(limit.count())) == 1;
    }
    int exit_status() {
        int status = -1;
        waitpid(process_, &status, 0);
        process_ = -1;
        return status;
    }

private:
    pid_t process_{-1};
    int handle_{-1};
};

}  // namespace annals::kafka::test
