#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

namespace annals::bench {

/// A line "MILLISECONDS TARGET" for each acknowledged command, at once, by the monotonic clock that all
/// processes of a machine share. Shows another program how soon a system works again. Thread-safe.
class AckFile {
public:
    /// Throws std::runtime_error when the file cannot be written.
    explicit AckFile(const std::string& path);
    void acknowledged(std::size_t target);

private:
    struct Close {
        void operator()(std::FILE* file) const { (void)std::fclose(file); }
    };
    std::mutex mutex_;
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace annals::bench
