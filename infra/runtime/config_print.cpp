#include "infra/runtime/config.hpp"
#include "infra/runtime/json_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace annals::runtime {
namespace {

constexpr std::string_view kMask = "********";

}  // namespace

std::string Config::shown(std::size_t index) const {
    const auto& text = values_[index].text;
    return kSettings[index].secret && !text.empty() ? std::string{kMask} : text;
}

std::string Config::to_table() const {
    std::size_t name_width = 0;
    std::size_t value_width = 0;
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        name_width = std::max(name_width, kSettings[i].name.size());
        value_width = std::max(value_width, shown(i).size());
    }
    std::string out;
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        std::string value;
        append_terminal_text(value, shown(i));
        const auto& place = values_[i].place;
        fmt::format_to(
            std::back_inserter(out), "{:<{}}  {:<{}}  {}{}\n", kSettings[i].name, name_width, value,
            value_width, config_source_name(values_[i].source),
            place.empty() ? std::string{} : fmt::format(" ({})", place)
        );
    }
    return out;
}

std::string Config::to_json() const {
    std::string out = R"({"settings":[)";
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        out += i == 0 ? "{" : ",{";
        const auto member = [&out](std::string_view name, std::string_view value) {
            append_json_string(out, name);
            out += ':';
            append_json_string(out, value);
            out += ',';
        };
        member("name", kSettings[i].name);
        member("value", shown(i));
        member("source", config_source_name(values_[i].source));
        member("place", values_[i].place);
        member("default", kSettings[i].default_value);
        member("help", kSettings[i].help);
        out += fmt::format(R"("secret":{},"reloadable":{}}})", kSettings[i].secret, kSettings[i].reloadable);
    }
    return out + "]}";
}

}  // namespace annals::runtime
