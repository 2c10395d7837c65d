#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace annals::api {

/// Writes JSON that people read and `git diff` compares: one member a line, two spaces of indentation. The
/// bodies of objects and arrays are callables, so that what is opened is closed.
class JsonText {
public:
    template <class Body>
    void object(Body&& body) {
        open('{');
        std::forward<Body>(body)();
        close('}');
    }
    template <class Body>
    void object(std::string_view key, Body&& body) {
        name(key);
        object(std::forward<Body>(body));
    }
    template <class Body>
    void array(std::string_view key, Body&& body) {
        name(key);
        open('[');
        std::forward<Body>(body)();
        close(']');
    }

    void text(std::string_view key, std::string_view value);
    void number(std::string_view key, std::int64_t value);
    void boolean(std::string_view key, bool value);
    void null(std::string_view key);
    /// A list of texts on one line.
    void texts(std::string_view key, std::span<const std::string_view> values);

    [[nodiscard]] std::string take() && { return std::move(out_); }

private:
    void open(char bracket);
    void close(char bracket);
    void separate();  ///< before a member or an element: the comma and the new line
    void name(std::string_view key);
    void new_line();

    std::string out_;
    std::size_t depth_{0};
    bool first_{true};   ///< nothing was written into the present object or array
    bool named_{false};  ///< a member's name was just written, its value follows
};

}  // namespace annals::api
