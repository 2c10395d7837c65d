#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::http {

/// Header fields in the order they came, names compared without case. One text buffer holds all of them,
/// because a request carries ten small fields and an allocation for each would cost more than parsing them.
/// Views stay valid until the next change of the object. Not thread-safe.
class Headers {
public:
    struct Field {
        std::string_view name;
        std::string_view value;
    };

    /// Appends a field, keeping others of the same name. Throws std::invalid_argument when the name is no
    /// token or the value holds a control character: what a client sent must never split our own header.
    void add(std::string_view name, std::string_view value);

    /// Replaces all fields of the name by this one.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    void clear();

    /// The first field of the name.
    std::optional<std::string_view> find(std::string_view name) const;
    /// The first field of the name, or an empty text.
    std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }
    std::size_t count(std::string_view name) const;
    bool has(std::string_view name) const { return find(name).has_value(); }

    std::size_t size() const { return entries_.size(); }
    bool empty() const { return entries_.empty(); }
    Field operator[](std::size_t index) const;

private:
    struct Entry {
        std::uint32_t begin;
        std::uint32_t name_size;
        std::uint32_t value_size;
    };

    std::string text_;
    std::vector<Entry> entries_;
};

}  // namespace annals::http
