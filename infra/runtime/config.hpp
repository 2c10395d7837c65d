#pragma once

#include "infra/runtime/config_error.hpp"
#include "infra/runtime/settings.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::runtime {

/// Where a value comes from, the weakest first.
enum class ConfigSource { default_value, file, environment, flag };
std::string_view config_source_name(ConfigSource source);

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct ConfigInputs {
    NamedValues flags;        ///< setting name and value, as given on the command line
    NamedValues environment;  ///< variable name and value; others than ANNALS_* are ignored
};

/// The ANNALS_* variables of this process.
NamedValues process_environment();

/// The settings in force, all of them valid. Immutable; any thread.
class Config {
public:
    /// Reads flags over environment over file over defaults. An unknown name, a wrong value, an unreadable
    /// file: throws ConfigError with one line that names the place and, for a slip of the finger, what was
    /// probably meant.
    static Config load(const ConfigInputs& inputs);

    [[nodiscard]] const std::string& text(SettingKey<SettingType::text> key) const {
        return values_[key.index()].text;
    }
    [[nodiscard]] std::int64_t integer(SettingKey<SettingType::integer> key) const {
        return values_[key.index()].number;
    }
    [[nodiscard]] std::vector<std::string> list(SettingKey<SettingType::list> key) const;
    [[nodiscard]] const std::string& path(SettingKey<SettingType::path> key) const {
        return values_[key.index()].text;
    }
    /// A file inside the home folder.
    [[nodiscard]] std::string in_home(std::string_view relative) const;

    /// Where the value of a setting, by its index in kSettings, comes from.
    [[nodiscard]] ConfigSource source(std::size_t index) const { return values_[index].source; }

    /// The text of a setting, by its index in kSettings, as it was given; secrets are not masked.
    [[nodiscard]] const std::string& value_text(std::size_t index) const { return values_[index].text; }

    /// Name, value, source and its place, one line per setting; values of secrets are masked.
    [[nodiscard]] std::string to_table() const;
    /// The same as a JSON object {"settings": [...]}.
    [[nodiscard]] std::string to_json() const;

private:
    struct Value {
        std::string text;
        std::int64_t number{0};  ///< of an integer
        ConfigSource source{ConfigSource::default_value};
        std::string place;  ///< "--port", "ANNALS_PORT", "annals.toml:3"
    };

    Config() = default;
    void take_defaults();
    void take_file(const std::string& path);
    void take_environment(const NamedValues& environment);
    void take_flags(const NamedValues& flags);
    void set(std::size_t index, std::string text, ConfigSource source, std::string place);
    [[nodiscard]] std::string shown(std::size_t index) const;

    std::array<Value, kSettings.size()> values_;
};

}  // namespace annals::runtime
