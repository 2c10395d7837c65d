#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace annals::runtime {

enum class Level { debug, info, warning, error };
enum class LogFormat {
    json,  ///< one JSON object per line
    text,  ///< for a person at a terminal
};

std::string_view level_name(Level level);
std::optional<Level> parse_level(std::string_view name);

/// One key and value of a log line. The key is a literal in snake_case; text is only looked at during the
/// call. Never a token, a password or a payload.
class Field {
public:
    using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    Field(std::string_view key, std::string_view value) : key(key), value(value) {}
    Field(std::string_view key, const std::string& value) : key(key), value(std::string_view{value}) {}
    Field(std::string_view key, const char* value) : key(key), value(std::string_view{value}) {}
    Field(std::string_view key, std::same_as<bool> auto flag) : key(key), value(flag) {}
    Field(std::string_view key, std::floating_point auto number) : key(key), value(double{number}) {}
    Field(std::string_view key, std::signed_integral auto number) : key(key), value(std::int64_t{number}) {}
    Field(std::string_view key, std::unsigned_integral auto number)
        requires(!std::same_as<decltype(number), bool>)
        : key(key), value(std::uint64_t{number}) {}

    std::string_view key;
    Value value;
};

/// A longer text value is cut, so that one line stays one write.
inline constexpr std::size_t kLogTextBytesMax = 4096;

/// Writes one line when `level` is at or above the level in force: `ts` (RFC 3339, UTC, microseconds),
/// `level`, `code`, `msg`, then the fields. `code` is unique in the source ("KAFKA-3f1c"), so that a line
/// leads to the place that wrote it. Any thread, at any time; before configure_log() lines go to stderr as
/// JSON from level info.
void log(
    Level level, std::string_view code, std::string_view message, std::initializer_list<Field> fields = {}
);

/// Whether a line of this level would be written; ask before preparing expensive fields.
bool log_enabled(Level level);

struct LogOptions {
    Level level{Level::info};
    LogFormat format{LogFormat::json};
    std::string file{};  ///< empty: stderr
};

/// Throws ConfigError when the file cannot be opened.
void configure_log(const LogOptions& options);
/// Takes effect at once, for all threads.
void set_log_level(Level level);

/// Collects lines instead of writing them, while it lives; for tests. One at a time.
class LogCapture {
public:
    LogCapture();
    ~LogCapture();
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    [[nodiscard]] std::vector<std::string> lines() const;
};

}  // namespace annals::runtime
