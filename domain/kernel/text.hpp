#pragma once

#include <compare>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace annals {

/// Why a text does not fit its type. The code is part of the API ("too_long", ...), the rest is for people.
enum class TextFault { too_short, too_long, control_character, bad_format };
std::string_view text_fault_code(TextFault fault);

/// What a text type allows. Lengths are Unicode code points after trimming and normalisation.
struct TextRules {
    std::size_t min{0};
    std::size_t max{0};
    bool line_breaks{false};     ///< tabs and line feeds are allowed: markdown and notes
    std::string_view pattern{};  ///< JSON Schema pattern, for documents; the check itself is in `parse`
    std::string_view format{};   ///< JSON Schema format
};

/// Trims white space, composes to Unicode NFC and checks the length, so that two texts that look alike are
/// alike. Expects valid UTF-8 (the JSON reader guarantees it); invalid bytes are a bad_format.
std::expected<std::string, TextFault> normalise_text(std::string_view raw, const TextRules& rules);

/// A text between Min and Max code points on one line.
template <std::size_t Min, std::size_t Max, bool LineBreaks = false>
class Text {
public:
    static constexpr TextRules kRules{Min, Max, LineBreaks, {}, {}};

    Text() = default;
    static std::expected<Text, TextFault> parse(std::string_view raw) {
        auto normalised = normalise_text(raw, kRules);
        if (!normalised) return std::unexpected(normalised.error());
        return Text{std::move(*normalised)};
    }
    /// For text that was checked before it was stored.
    static Text trusted(std::string stored) { return Text{std::move(stored)}; }
    [[nodiscard]] const std::string& str() const { return value_; }
    [[nodiscard]] bool empty() const { return value_.empty(); }

    friend auto operator<=>(const Text&, const Text&) = default;

private:
    explicit Text(std::string value) : value_(std::move(value)) {}
    std::string value_;
};

/// Markdown: like Text, with line breaks.
template <std::size_t Max>
using Markdown = Text<0, Max, true>;

/// Base of the texts with a shape of their own; `Self` provides kRules and `static bool
/// shaped(std::string_view)`.
template <class Self>
class ShapedText {
public:
    static std::expected<Self, TextFault> parse(std::string_view raw) {
        auto normalised = normalise_text(raw, Self::kRules);
        if (!normalised) return std::unexpected(normalised.error());
        Self::canonicalise(*normalised);
        if (!Self::shaped(*normalised)) return std::unexpected(TextFault::bad_format);
        return trusted(std::move(*normalised));
    }
    static Self trusted(std::string stored) {
        Self self;
        self.value_ = std::move(stored);
        return self;
    }
    static void canonicalise(std::string&) {}
    [[nodiscard]] const std::string& str() const { return value_; }
    friend auto operator<=>(const ShapedText&, const ShapedText&) = default;

private:
    std::string value_;
};

/// The name of an organization in addresses: lower-case letters, digits and single dashes, 2 to 40
/// characters.
class Slug : public ShapedText<Slug> {
public:
    static constexpr TextRules kRules{2, 40, false, "^[a-z0-9](-?[a-z0-9]){1,39}$", {}};
    static bool shaped(std::string_view text);
};

/// An e-mail address, lower-cased, at most 254 characters. The shape is the one HTML forms accept; whether
/// somebody reads mail there only a mail can tell.
class Email : public ShapedText<Email> {
public:
    static constexpr TextRules kRules{3, 254, false, {}, "email"};
    static bool shaped(std::string_view text);
    static void canonicalise(std::string& text);
};

/// The prefix of a project's task keys: an upper-case letter, then 1 to 9 letters or digits.
class ProjectKey : public ShapedText<ProjectKey> {
public:
    static constexpr TextRules kRules{2, 10, false, "^[A-Z][A-Z0-9]{1,9}$", {}};
    static bool shaped(std::string_view text);
};

/// A secret on its way in: never trimmed, never normalised, never written into an event, a log or a document.
class Secret {
public:
    static constexpr TextRules kRules{1, 512, false, {}, "password"};
    static std::expected<Secret, TextFault> parse(std::string_view raw);
    static Secret trusted(std::string stored);
    [[nodiscard]] const std::string& str() const { return value_; }
    friend auto operator<=>(const Secret&, const Secret&) = default;

private:
    std::string value_;
};

}  // namespace annals
