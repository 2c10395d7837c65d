#include "api/http/headers.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>
#include <stdexcept>

namespace annals::http {

void Headers::add(std::string_view name, std::string_view value) {
    const bool broken = std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; });
    if (broken || !is_token(name))
        throw std::invalid_argument("a header field with a control character (HTTP-5a91)");
    entries_.push_back(
        {static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
         static_cast<std::uint32_t>(value.size())}
    );
    text_.append(name).append(value);
}

void Headers::set(std::string_view name, std::string_view value) {
    remove(name);
    add(name, value);
}

void Headers::remove(std::string_view name) {
    std::erase_if(entries_, [&](const Entry& entry) {
        return equals_ignoring_case(std::string_view(text_).substr(entry.begin, entry.name_size), name);
    });
}

void Headers::clear() {
    text_.clear();
    entries_.clear();
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Field field = (*this)[i];
        if (equals_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
    std::size_t found = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (equals_ignoring_case((*this)[i].name, name)) ++found;
    }
    return found;
}

Headers::Field Headers::operator[](std::size_t index) const {
    const Entry& entry = entries_[index];
    const std::string_view text = text_;
    return {
        text.substr(entry.begin, entry.name_size),
        text.substr(entry.begin + entry.name_size, entry.value_size)
    };
}

}  // namespace annals::http
