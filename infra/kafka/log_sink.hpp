#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace annals::kafka {

enum class Severity { debug, info, warning, error };

/// Where this folder reports to. `code` is the literal that names the one line of code that speaks; `message`
/// is for an operator. Called from the relay's thread, from whoever polls a consumer and from librdkafka's
/// own threads, so it must be thread-safe, must not block for long and must not throw.
using LogSink = std::function<void(Severity severity, std::string_view code, std::string message)>;

}  // namespace annals::kafka
