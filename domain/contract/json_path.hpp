#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace annals::contract {

/// Where a reader stands in a document. It costs next to nothing to walk along; the JSON pointer (RFC 6901)
/// is only written out for what needs it, since most documents are without fault.
class JsonPath {
public:
    /// A member, or an item of a list when it has no key.
    struct Step {
        std::optional<std::string_view> key{};
        std::size_t index{0};
        const Step* before{nullptr};
    };

    /// One step deeper for as long as it lives.
    class Deeper {
    public:
        Deeper(JsonPath& path, Step step) : path_(path), step_(step) {
            step_.before = path_.last_;
            path_.last_ = &step_;
        }
        ~Deeper() { path_.last_ = step_.before; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;

    private:
        JsonPath& path_;
        Step step_;
    };

    /// Empty at the root.
    [[nodiscard]] std::string pointer() const {
        std::string text;
        for (const Step* step = last_; step != nullptr; step = step->before)
            text.insert(0, "/" + text_of(*step));
        return text;
    }
    /// The last step as the pointer has it; empty at the root.
    [[nodiscard]] std::string last() const { return last_ == nullptr ? std::string() : text_of(*last_); }

private:
    static std::string text_of(const Step& step) {
        if (!step.key) return std::to_string(step.index);
        std::string text;
        for (const char c : *step.key) {
            if (c == '~') {
                text += "~0";
            } else if (c == '/') {
                text += "~1";
            } else {
                text += c;
            }
        }
        return text;
    }

    const Step* last_{nullptr};
};

}  // namespace annals::contract
