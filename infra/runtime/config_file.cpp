#include "infra/runtime/config_file.hpp"

#include "infra/runtime/config_error.hpp"
#include "infra/runtime/json_text.hpp"

#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <toml++/toml.h>

namespace annals::runtime {
namespace {

std::optional<std::string> scalar_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    return std::nullopt;
}

std::optional<std::string> value_text(const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return scalar_text(node);
    std::string joined;
    for (const auto& item : *array) {
        const auto text = scalar_text(item);
        if (!text || text->find(',') != std::string::npos) return std::nullopt;
        if (!joined.empty()) joined += ',';
        joined += *text;
    }
    return joined;
}

toml::table parse(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw ConfigError(fmt::format("settings file {} cannot be read", path));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    try {
        return toml::parse(text, path);
    } catch (const toml::parse_error& error) {
        std::string problem;  // it quotes the file
        append_terminal_text(problem, error.description());
        throw ConfigError(fmt::format("{}:{}: {}", path, error.source().begin.line, problem));
    }
}

}  // namespace

std::vector<FileSetting> read_config_file(const std::string& path) {
    std::vector<FileSetting> settings;
    for (const auto& [key, node] : parse(path)) {
        const auto line = static_cast<int>(key.source().begin.line);
        auto value = value_text(node);
        if (!value) {
            std::string name;
            append_terminal_text(name, key.str());
            throw ConfigError(fmt::format(
                "{}:{}: {} must be a text, a whole number, true, false or a list of texts", path, line, name
            ));
        }
        settings.push_back({std::string{key.str()}, std::move(*value), line});
    }
    return settings;
}

}  // namespace annals::runtime
