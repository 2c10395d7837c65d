#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <utility>

namespace annals::app {

/// One line on standard error that rewrites itself, on a terminal only.
class ProgressBar {
public:
    explicit ProgressBar(std::string what) : what_(std::move(what)), shown_(::isatty(STDERR_FILENO) == 1) {}
    ~ProgressBar() {
        if (shown_) std::fprintf(stderr, "\n");
    }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(std::uint64_t done, std::uint64_t of) const {
        if (!shown_) return;
        constexpr std::uint64_t kWidth = 40;
        const std::uint64_t filled = of == 0 ? kWidth : std::min(kWidth, done * kWidth / of);
        const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
        std::fprintf(
            stderr, "\r%-12s [%s] %llu/%llu", what_.c_str(), bar.c_str(),
            static_cast<unsigned long long>(done), static_cast<unsigned long long>(of)
        );
    }

private:
    std::string what_;
    bool shown_;
};

}  // namespace annals::app
