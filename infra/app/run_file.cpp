#include "infra/app/run_file.hpp"

#include "domain/contract/json_writer.hpp"
#include "infra/runtime/config_error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace annals::app {
namespace {

void member(std::string& body, std::string_view name, std::string_view value) {
    contract::append_json_string(body, name);
    body += ':';
    contract::append_json_string(body, value);
    body += ',';
}

std::string to_json(const RunFile& run) {
    std::string body = "{";
    member(body, "api", run.api);
    member(body, "docs", run.api.empty() ? "" : run.api + "/docs");
    member(body, "health", run.health);
    member(body, "kafka", run.kafka);
    member(body, "dsn", run.dsn);
    if (run.bootstrap_token) {
        member(body, "bootstrap_token", *run.bootstrap_token);
    } else {
        body += R"("bootstrap_token":null,)";
    }
    body += R"("pids":{"annals":)";
    contract::append_number(body, ::getpid());
    return body + "}}\n";
}

}  // namespace

void write_run_file(const std::string& path, const RunFile& run) {
    const std::string temporary = path + ".new";
    const std::string body = to_json(run);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written =
        fd >= 0 && ::write(fd, body.data(), body.size()) == static_cast<ssize_t>(body.size());
    if (fd >= 0) ::close(fd);
    if (!written || std::rename(temporary.c_str(), path.c_str()) != 0) {
        throw runtime::ConfigError(
            "cannot write " + path + ": " + std::strerror(errno) + "; is the home folder writable?"
        );
    }
}

}  // namespace annals::app
