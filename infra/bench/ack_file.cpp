#include "infra/bench/ack_file.hpp"

#include <chrono>
#include <fmt/format.h>
#include <stdexcept>

namespace annals::bench {

AckFile::AckFile(const std::string& path) : file_(std::fopen(path.c_str(), "we")) {
    if (!file_) throw std::runtime_error("cannot write " + path);
    (void)std::setvbuf(file_.get(), nullptr, _IOLBF, BUFSIZ);
}

void AckFile::acknowledged(std::size_t target) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const std::lock_guard lock(mutex_);
    fmt::print(file_.get(), "{} {}\n", ms, target);
}

}  // namespace annals::bench
