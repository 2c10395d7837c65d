#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::test {

/// A JSON document as a tree that tests read by JSON pointers (RFC 6901) and change at will. It has nothing
/// in common with the product's own reader, so that one cannot hide the faults of the other.
class Json {
public:
    enum class Type : std::uint8_t { null, boolean, number, text, list, object };

    Json() = default;
    /// Throws std::runtime_error, so a body that is no JSON fails the test with its text.
    static Json parse(std::string_view document);
    static Json of_text(std::string_view text);

    [[nodiscard]] Type type() const { return type_; }
    /// What the pointer names; a null value when there is no such thing.
    [[nodiscard]] const Json& at(std::string_view pointer) const;
    /// The same for changing it; throws when there is no such thing.
    Json& edit(std::string_view pointer);
    [[nodiscard]] bool has(std::string_view pointer) const { return find(pointer) != nullptr; }

    /// The text, or the number or boolean as it is spelled; empty of anything else.
    [[nodiscard]] std::string text(std::string_view pointer = {}) const;
    [[nodiscard]] std::int64_t number(std::string_view pointer = {}) const;

    [[nodiscard]] const std::vector<Json>& items(std::string_view pointer = {}) const {
        return at(pointer).items_;
    }
    std::vector<Json>& items() { return items_; }
    std::vector<std::pair<std::string, Json>>& members() { return members_; }
    [[nodiscard]] const std::vector<std::pair<std::string, Json>>& members() const { return members_; }
    void set(std::string_view member, Json value);
    void remove(std::string_view member);

    [[nodiscard]] std::string write() const;

private:
    friend class JsonParser;
    [[nodiscard]] const Json* find(std::string_view pointer) const;

    Type type_{Type::null};
    std::string spelled_;  ///< a text without its escapes; a number or boolean as it stood
    std::vector<Json> items_;
    std::vector<std::pair<std::string, Json>> members_;
};

}  // namespace annals::test
