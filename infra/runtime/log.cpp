#include "infra/runtime/log.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/runtime/clock.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/json_text.hpp"

#include <atomic>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace annals::runtime {
namespace {

/// Collected lines of a LogCapture.
class CaptureSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::vector<std::string> lines() {
        const std::scoped_lock lock(mutex_);
        return lines_;
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        lines_.emplace_back(message.payload.data(), message.payload.size());
    }
    void flush_() override {}

private:
    std::vector<std::string> lines_;
};

/// spdlog's part is writing whole lines from any thread; the lines are made here, because its patterns do not
/// escape.
struct LogState {
    std::atomic<Level> level{Level::info};
    std::atomic<LogFormat> format{LogFormat::json};
    std::shared_ptr<spdlog::sinks::dist_sink_mt> sinks = std::make_shared<spdlog::sinks::dist_sink_mt>();
    spdlog::logger logger{"annals", sinks};
    std::mutex change_mutex;
    spdlog::sink_ptr output;
    std::shared_ptr<CaptureSink> capture;

    LogState() {
        logger.set_level(spdlog::level::trace);
        logger.flush_on(spdlog::level::trace);
        use(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    }

    void use(spdlog::sink_ptr sink) {
        output = std::move(sink);
        if (!capture) show(output);
    }

    void show(const spdlog::sink_ptr& sink) {
        sinks->set_sinks({sink});
        logger.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    }
};

LogState& state() {
    // Never destroyed: threads and destructors of other statics may log until the very end.
    static auto* const kInstance = new LogState;
    return *kInstance;
}

std::string_view cut(std::string_view text) {
    if (text.size() <= kLogTextBytesMax) return text;
    std::size_t end = kLogTextBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

void append_number(std::string& out, double number) {
    if (std::isfinite(number)) {
        fmt::format_to(std::back_inserter(out), "{}", number);
    } else {
        out += "null";
    }
}

struct AppendJson {
    std::string& out;
    void operator()(std::string_view text) const { append_json_string(out, cut(text)); }
    void operator()(double number) const { append_number(out, number); }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
    void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
    void operator()(std::uint64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
};

struct AppendText {
    std::string& out;
    void operator()(std::string_view text) const { append_terminal_text(out, cut(text)); }
    void operator()(const auto& other) const { AppendJson{out}(other); }
};

void write_json(
    std::string& out, Level level, std::string_view code, std::string_view message,
    std::initializer_list<Field> fields
) {
    out += R"({"ts":")";
    now().append_to(out);
    out += R"(","level":")";
    out += level_name(level);
    out += R"(","code":)";
    append_json_string(out, code);
    out += R"(,"msg":)";
    append_json_string(out, cut(message));
    for (const auto& field : fields) {
        out += ',';
        append_json_string(out, field.key);
        out += ':';
        std::visit(AppendJson{out}, field.value);
    }
    out += '}';
}

void write_text(
    std::string& out, Level level, std::string_view code, std::string_view message,
    std::initializer_list<Field> fields
) {
    now().append_to(out);
    fmt::format_to(std::back_inserter(out), " {:<7} ", level_name(level));
    append_terminal_text(out, cut(message));
    fmt::format_to(std::back_inserter(out), " [{}]", code);
    for (const auto& field : fields) {
        fmt::format_to(std::back_inserter(out), " {}=", field.key);
        std::visit(AppendText{out}, field.value);
    }
}

}  // namespace

std::string_view level_name(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "error";
}

std::optional<Level> parse_level(std::string_view name) {
    for (const auto level : {Level::debug, Level::info, Level::warning, Level::error}) {
        if (level_name(level) == name) return level;
    }
    return std::nullopt;
}

bool log_enabled(Level level) {
    return level >= state().level.load(std::memory_order_relaxed);
}

void log(Level level, std::string_view code, std::string_view message, std::initializer_list<Field> fields) {
    if (!log_enabled(level)) return;
    auto& current = state();
    thread_local std::string line;
    line.clear();
    if (current.format.load(std::memory_order_relaxed) == LogFormat::json) {
        write_json(line, level, code, message, fields);
    } else {
        write_text(line, level, code, message, fields);
    }
    current.logger.log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
}

void configure_log(const LogOptions& options) {
    spdlog::sink_ptr sink;
    try {
        if (options.file.empty()) {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else {
            sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
        }
    } catch (const spdlog::spdlog_ex& error) {
        throw ConfigError(fmt::format("log file {} cannot be opened: {}", options.file, error.what()));
    }
    auto& current = state();
    const std::scoped_lock lock(current.change_mutex);
    current.level = options.level;
    current.format = options.format;
    current.use(std::move(sink));
}

void set_log_level(Level level) {
    state().level = level;
}

LogCapture::LogCapture() {
    auto& current = state();
    const std::scoped_lock lock(current.change_mutex);
    ANNALS_ASSERT(!current.capture, "one capture of the log at a time");
    current.capture = std::make_shared<CaptureSink>();
    current.show(current.capture);
}

LogCapture::~LogCapture() {
    auto& current = state();
    const std::scoped_lock lock(current.change_mutex);
    current.capture.reset();
    current.show(current.output);
}

std::vector<std::string> LogCapture::lines() const {
    auto& current = state();
    const std::scoped_lock lock(current.change_mutex);
    return current.capture->lines();
}

}  // namespace annals::runtime
