#include "infra/runtime/config.hpp"

#include "infra/runtime/config_file.hpp"
#include "infra/runtime/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace annals::runtime {
namespace {

constexpr std::string_view kPrefix = "ANNALS_";
constexpr std::string_view kFileSuffix = "_FILE";
/// Variables of the same prefix that are not ours to judge: those of ./dev and its tests, and what Kubernetes
/// sets for a service called "annals".
constexpr std::string_view kForeignPrefixes[] = {"ANNALS_TEST_", "ANNALS_DEV_", "ANNALS_SERVICE_",
                                                 "ANNALS_PORT_", "ANNALS_BIN",  "ANNALS_PRESET"};
constexpr std::size_t kHomeIndex = find_setting("home");
constexpr std::size_t kConfigIndex = find_setting("config");

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        if (const auto part = trim(text.substr(0, end)); !part.empty()) parts.push_back(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

[[noreturn]] void refuse_unknown(std::string_view place, std::string_view name) {
    const auto nearest = nearest_setting(name);
    std::string shown;
    append_terminal_text(shown, name);
    if (nearest.empty())
        throw ConfigError(fmt::format("{}: unknown setting '{}'; see annals config print", place, shown));
    throw ConfigError(fmt::format("{}: unknown setting '{}'; did you mean '{}'?", place, shown, nearest));
}

[[noreturn]] void refuse_value(
    const SettingInfo& setting, std::string_view place, std::string_view value, std::string_view problem
) {
    if (setting.secret) throw ConfigError(fmt::format("{}: the value {}", place, problem));
    std::string shown;
    append_terminal_text(shown, value);
    throw ConfigError(fmt::format("{}: '{}' {}", place, shown, problem));
}

std::int64_t parse_integer(const SettingInfo& setting, std::string_view text, std::string_view place) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size() || number < setting.min ||
        number > setting.max) {
        const auto unit = setting.unit.empty() ? std::string{} : fmt::format(" {}", setting.unit);
        refuse_value(
            setting, place, text,
            fmt::format("is no whole number from {} to {}{}", setting.min, setting.max, unit)
        );
    }
    return number;
}

void check_text(const SettingInfo& setting, std::string_view text, std::string_view place) {
    const auto choices_allowed = split(setting.choices, ' ');
    if (!choices_allowed.empty() && std::ranges::find(choices_allowed, text) == choices_allowed.end()) {
        std::string choices{setting.choices};
        std::ranges::replace(choices, ' ', '|');
        refuse_value(setting, place, text, "is none of " + choices);
    }
    if (setting.check == nullptr || text.empty()) return;
    if (const auto problem = setting.check(text); !problem.empty())
        refuse_value(setting, place, text, problem);
}

std::string read_secret_file(const std::string& path, std::string_view place) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw ConfigError(fmt::format("{}: secret file {} cannot be read", place, path));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return std::string{trim(text)};
}

bool is_file(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

std::string_view config_source_name(ConfigSource source) {
    switch (source) {
        case ConfigSource::default_value:
            return "default";
        case ConfigSource::file:
            return "file";
        case ConfigSource::environment:
            return "environment";
        case ConfigSource::flag:
            return "flag";
    }
    return "default";
}

NamedValues process_environment() {
    NamedValues variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const auto equals = text.find('=');
        if (!text.starts_with(kPrefix) || equals == std::string_view::npos) continue;
        variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

Config Config::load(const ConfigInputs& inputs) {
    Config config;
    config.take_defaults();
    // Flags and environment say which file to read; they are taken once more because they win over it.
    config.take_environment(inputs.environment);
    config.take_flags(inputs.flags);
    const std::string named = config.values_[kConfigIndex].text;
    const std::string usual = config.in_home("annals.toml");
    if (!named.empty() || is_file(usual)) {
        config.take_file(named.empty() ? usual : named);
        config.take_environment(inputs.environment);
        config.take_flags(inputs.flags);
    }
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        auto& value = config.values_[i];
        const bool inside_home =
            kSettings[i].type == SettingType::path && value.source == ConfigSource::default_value;
        if (inside_home) value.text = config.in_home(value.text);
    }
    return config;
}

std::vector<std::string> Config::list(SettingKey<SettingType::list> key) const {
    const auto parts = split(values_[key.index()].text, ',');
    return {parts.begin(), parts.end()};
}

std::string Config::in_home(std::string_view relative) const {
    return fmt::format("{}/{}", values_[kHomeIndex].text, relative);
}

void Config::take_defaults() {
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        set(i, std::string{kSettings[i].default_value}, ConfigSource::default_value, {});
    }
}

void Config::take_file(const std::string& path) {
    for (auto& setting : read_config_file(path)) {
        auto place = fmt::format("{}:{}", path, setting.line);
        const auto index = find_setting(setting.name);
        if (index == kNoSetting) refuse_unknown(place, setting.name);
        if (index == kHomeIndex || index == kConfigIndex) {
            throw ConfigError(fmt::format(
                "{}: {} decides which file is read, so it cannot stand in it", place, setting.name
            ));
        }
        set(index, std::move(setting.value), ConfigSource::file, std::move(place));
    }
}

void Config::take_environment(const NamedValues& environment) {
    std::array<bool, kSettings.size()> seen{};
    for (const auto& [variable, value] : environment) {
        if (!variable.starts_with(kPrefix)) continue;
        if (std::ranges::any_of(kForeignPrefixes, [&](auto prefix) { return variable.starts_with(prefix); }))
            continue;
        const auto name = lower_case(std::string_view{variable}.substr(kPrefix.size()));
        auto index = find_setting(name);
        std::string text = value;
        if (index == kNoSetting && variable.ends_with(kFileSuffix)) {
            index = find_setting(std::string_view{name}.substr(0, name.size() - kFileSuffix.size()));
            if (index != kNoSetting && !kSettings[index].secret) {
                throw ConfigError(fmt::format(
                    "{}: only secrets are read from files; set {}", variable,
                    environment_name(kSettings[index])
                ));
            }
            if (index != kNoSetting) text = read_secret_file(value, variable);
        }
        if (index == kNoSetting) refuse_unknown(variable, name);
        if (seen[index]) {
            const auto plain = environment_name(kSettings[index]);
            throw ConfigError(fmt::format("{0} and {0}{1} are both set; keep one", plain, kFileSuffix));
        }
        seen[index] = true;
        set(index, std::move(text), ConfigSource::environment, variable);
    }
}

void Config::take_flags(const NamedValues& flags) {
    for (const auto& [name, value] : flags) {
        const auto index = find_setting(name);
        if (index == kNoSetting) refuse_unknown("command line", name);
        set(index, value, ConfigSource::flag, flag_name(kSettings[index]));
    }
}

void Config::set(std::size_t index, std::string text, ConfigSource source, std::string place) {
    const auto& setting = kSettings[index];
    Value value{std::move(text), 0, source, std::move(place)};
    switch (setting.type) {
        case SettingType::integer:
            value.number = parse_integer(setting, value.text, value.place);
            break;
        case SettingType::list:
            for (const auto item : split(value.text, ',')) check_text(setting, item, value.place);
            break;
        case SettingType::text:
        case SettingType::path:
            check_text(setting, value.text, value.place);
            break;
    }
    values_[index] = std::move(value);
}

}  // namespace annals::runtime
