#include "infra/crypto/key_file.hpp"

#include "infra/runtime/config_error.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

namespace annals::crypto {
namespace {

using runtime::ConfigError;

constexpr mode_t kGroupAndOthers = 077;

class File {
public:
    explicit File(int fd) : fd_(fd) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

std::string system_reason() {
    return std::strerror(errno);
}

void check_status(const struct stat& status, const std::string& path, std::string_view what) {
    if (!S_ISREG(status.st_mode)) throw ConfigError(fmt::format("{} {} is not a regular file", what, path));
    if ((status.st_mode & kGroupAndOthers) != 0) {
        throw ConfigError(fmt::format(
            "{} {} is open to other users (mode {:04o}); run: chmod 600 {}", what, path,
            status.st_mode & 07777U, path
        ));
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        throw ConfigError(fmt::format(
            "{} {} belongs to user {}, the process runs as {}; run: chown {} {}", what, path, status.st_uid,
            ::geteuid(), ::geteuid(), path
        ));
    }
    if (status.st_size != static_cast<off_t>(Key::kBytes)) {
        throw ConfigError(fmt::format(
            "{} {} has {} bytes, expected {}; restore it from its backup", what, path, status.st_size,
            Key::kBytes
        ));
    }
}

ConfigError cannot_write(const std::string& path, std::string_view what) {
    return ConfigError(fmt::format("{} {} cannot be written: {}", what, path, system_reason()));
}

/// Writes the key beside its place and links it in, so that no reader can ever see half a key.
bool publish(const std::string& path, std::string_view what) {
    std::string temporary = path + ".XXXXXX";
    const File file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
    if (!file.is_open()) throw cannot_write(path, what);
    const Key key = Key::generate();
    const bool written =
        ::write(file.fd(), key.bytes().data(), Key::kBytes) == static_cast<ssize_t>(Key::kBytes) &&
        ::fsync(file.fd()) == 0;
    const bool linked = written && ::link(temporary.c_str(), path.c_str()) == 0;
    const int reason = errno;
    ::unlink(temporary.c_str());
    errno = reason;
    if (!linked && (!written || reason != EEXIST)) throw cannot_write(path, what);
    return linked;
}

}  // namespace

Key read_key_file(const std::string& path, std::string_view what) {
    const File file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.is_open() && errno == ENOENT) {
        throw ConfigError(fmt::format(
            "{} {} is missing; restore it from its backup, or for a new installation run: "
            "(umask 077 && head -c {} /dev/urandom > {})",
            what, path, Key::kBytes, path
        ));
    }
    if (!file.is_open())
        throw ConfigError(fmt::format("{} {} cannot be read: {}", what, path, system_reason()));

    struct stat status{};
    if (::fstat(file.fd(), &status) != 0) {
        throw ConfigError(fmt::format("{} {} cannot be examined: {}", what, path, system_reason()));
    }
    check_status(status, path, what);

    std::array<std::uint8_t, Key::kBytes> bytes{};
    if (::read(file.fd(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        throw ConfigError(fmt::format("{} {} could not be read whole", what, path));
    }
    const Key key{bytes};
    sodium_memzero(bytes.data(), bytes.size());
    return key;
}

bool create_key_file(const std::string& path, std::string_view what) {
    namespace fs = std::filesystem;
    if (fs::exists(path)) return false;
    const fs::path folder = fs::absolute(path).parent_path();
    std::error_code error;
    if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
    if (error)
        throw ConfigError(fmt::format("folder {} cannot be made: {}", folder.string(), error.message()));

    const bool created = publish(path, what);
    const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.is_open()) ::fsync(directory.fd());
    return created;
}

}  // namespace annals::crypto
