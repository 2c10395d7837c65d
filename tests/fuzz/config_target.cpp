#include "domain/contract/json_reader.hpp"
#include "infra/runtime/config.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <fmt/format.h>
#include <optional>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

// A settings file of any bytes.
namespace annals::test::fuzz {
namespace {

using runtime::Config;
using runtime::ConfigError;
using runtime::ConfigSource;
using runtime::kSettings;

constexpr std::size_t kSecretSizeMin = 12;  ///< a shorter one may stand in a shown value by chance

/// A file that is only in memory.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view content) : descriptor_(::memfd_create("annals.toml", MFD_CLOEXEC)) {
        const bool written = descriptor_ >= 0 && ::write(descriptor_, content.data(), content.size()) ==
                                                     static_cast<ssize_t>(content.size());
        if (!written) throw std::system_error(errno, std::generic_category(), "memfd");
    }
    ~MemoryFile() { ::close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    [[nodiscard]] std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

private:
    int descriptor_;
};

bool is_one_line(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    }
    return true;
}

/// Nothing when the file is refused, with one line that says why.
std::optional<Config> load(std::string_view content) {
    const MemoryFile file(content);
    try {
        return Config::load({.flags = {{"config", file.path()}}, .environment = {}});
    } catch (const ConfigError& error) {
        const std::string_view what = error.what();
        require(!what.empty() && is_one_line(what), "a refusal of several lines: " + std::string(what));
        return std::nullopt;
    }
}

std::string toml_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            quoted += fmt::format("\\u{:04x}", byte);
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

/// The settings as texts, those of the file only.
std::string rewritten(const Config& config) {
    std::string file;
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        if (config.source(i) != ConfigSource::file) continue;
        file += fmt::format("{} = {}\n", kSettings[i].name, toml_string(config.value_text(i)));
    }
    return file;
}

/// Another setting, which is no secret, says the same words.
bool is_given_elsewhere(const Config& config, std::size_t secret) {
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        const bool says_it = config.value_text(i).contains(config.value_text(secret));
        if (!kSettings[i].secret && says_it) return true;
    }
    return false;
}

void check_secrets(const Config& config) {
    const std::string shown = config.to_json() + config.to_table();
    const std::string defaults = load("")->to_json();  // with the help texts
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        const std::string& value = config.value_text(i);
        if (!kSettings[i].secret || value.size() < kSecretSizeMin) continue;
        if (defaults.contains(value) || is_given_elsewhere(config, i)) continue;
        require(shown.find(value) == std::string::npos, "a secret is shown");
    }
}

}  // namespace

void run_config(std::string_view bytes) {
    const auto config = load(bytes);
    if (!config) return;
    contract::JsonDocument document;
    require(!document.parse(config->to_json()), "the settings are no JSON: " + config->to_json());
    check_secrets(*config);
    const auto again = load(rewritten(*config));
    require(again.has_value(), "settings that were accepted are refused: " + rewritten(*config));
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        if (kSettings[i].name == "config") continue;
        require(config->source(i) == again->source(i), "another source of " + std::string(kSettings[i].name));
        require(config->value_text(i) == again->value_text(i), "another " + std::string(kSettings[i].name));
    }
}

}  // namespace annals::test::fuzz
