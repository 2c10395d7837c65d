#include "infra/app/backup_folder.hpp"

#include "domain/contract/json_reader.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace annals::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMarkNameMax = 60;

bool is_plain(std::string_view text, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.contains(c);
    });
}

}  // namespace

void rename_durably(const fs::path& from, const fs::path& to) {
    fs::rename(from, to);
    const int folder = ::open(to.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = folder >= 0 && ::fsync(folder) == 0;
    if (folder >= 0) ::close(folder);
    if (!synced) throw std::runtime_error("cannot write " + to.parent_path().string());
}

namespace {

/// Whole or not at all, and on the disk when it answers.
void write_whole(const fs::path& path, std::string_view text) {
    const fs::path fresh = path.string() + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written = file >= 0 &&
                         ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!written) throw std::runtime_error("cannot write " + fresh.string());
    rename_durably(fresh, path);
}

std::string read_whole(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// {"name":"value",...}
std::string json_object(std::initializer_list<std::pair<std::string_view, std::string>> members) {
    std::string text;
    for (const auto& [name, value] : members) {
        text += text.empty() ? '{' : ',';
        runtime::append_json_string(text, name);
        text += ':';
        runtime::append_json_string(text, value);
    }
    return text + "}\n";
}

/// Members of a description that this program wrote; throws when somebody else has touched it.
class Description {
public:
    explicit Description(const fs::path& path) : path_(path) {
        if (const auto fault = document_.parse(read_whole(path))) throw broken(fault->detail);
    }
    std::string text(std::string_view name) {
        const auto found = document_.text(name);
        if (!found) throw broken(fmt::format("'{}' is missing", name));
        return std::string(*found);
    }
    [[nodiscard]] bool has(std::string_view name) const { return document_.text(name).has_value(); }
    Instant instant(std::string_view name) {
        const auto read = Instant::parse(text(name));
        if (!read) throw broken(fmt::format("'{}' is no time", name));
        return *read;
    }
    int number(std::string_view name) {
        const std::string digits = text(name);
        int value = 0;
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || stop != digits.data() + digits.size())
            throw broken(fmt::format("'{}' is no number", name));
        return value;
    }

private:
    [[nodiscard]] std::runtime_error broken(std::string_view why) const {
        return std::runtime_error(fmt::format("{}: {}", path_.string(), why));
    }
    fs::path path_;
    contract::JsonDocument document_;
};

}  // namespace

bool is_mark_name(std::string_view name) {
    return !name.empty() && name.size() <= kMarkNameMax && is_plain(name, "-_");
}

std::string postgres_program(const std::string& folder, int major, const std::string& name) {
    if (!folder.empty()) return folder + '/' + name;
    const std::string debian = fmt::format("/usr/lib/postgresql/{}/bin/{}", major, name);
    return fs::exists(debian) ? debian : name;
}

BackupFolder::BackupFolder(const std::string& path) : path_(fs::absolute(path).lexically_normal()) {
    if (!is_plain(path_.string(), "/._-")) {
        throw runtime::ConfigError(
            path_.string() + ": the folder's path may hold letters, digits and / . _ - only"
        );
    }
}

void BackupFolder::create() const {
    for (const char* name : {"base", "wal", "marks"}) fs::create_directories(path_ / name);
}

void BackupFolder::write(const BaseBackup& backup) const {
    write_whole(
        path_ / "base" / (backup.name + ".json"), json_object(
                                                      {{"name", backup.name},
                                                       {"ended", backup.ended.to_string()},
                                                       {"user", backup.user},
                                                       {"dbname", backup.dbname},
                                                       {"log_id", backup.log_id},
                                                       {"major", std::to_string(backup.major)}}
                                                  )
    );
}

void BackupFolder::write(const BackupMark& mark) const {
    write_whole(
        path_ / "marks" / (mark.name + ".json"),
        json_object({{"name", mark.name}, {"point", mark.point}, {"at", mark.at.to_string()}})
    );
}

std::vector<BaseBackup> BackupFolder::bases() const {
    std::vector<BaseBackup> found;
    if (!fs::exists(path_ / "base")) return found;
    for (const auto& entry : fs::directory_iterator(path_ / "base")) {
        if (entry.path().extension() != ".json") continue;
        Description in(entry.path());
        found.push_back(
            {.name = in.text("name"),
             .ended = in.instant("ended"),
             .user = in.text("user"),
             .dbname = in.text("dbname"),
             .log_id = in.text("log_id"),
             .major = in.number("major")}
        );
    }
    std::ranges::sort(found, {}, &BaseBackup::ended);
    return found;
}

std::optional<BackupMark> BackupFolder::mark(const std::string& name) const {
    const fs::path path = path_ / "marks" / (name + ".json");
    if (!is_mark_name(name) || !fs::exists(path)) return std::nullopt;
    Description in(path);
    // Older marks are called in PostgreSQL as they are called here.
    return BackupMark{
        .name = in.text("name"), .point = in.text(in.has("point") ? "point" : "name"), .at = in.instant("at")
    };
}

std::uint32_t BackupFolder::epoch() const {
    if (!fs::exists(path_ / "epoch")) return 0;
    return static_cast<std::uint32_t>(Description(path_ / "epoch").number("epoch"));
}

void BackupFolder::write_epoch(std::uint32_t epoch) const {
    write_whole(path_ / "epoch", json_object({{"epoch", std::to_string(epoch)}}));
}

}  // namespace annals::app
