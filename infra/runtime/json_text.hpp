#pragma once

#include <string>
#include <string_view>

namespace annals::runtime {

/// Appends `text` as a JSON string with its quotes. Control characters are escaped; bytes that are no UTF-8
/// become U+FFFD, so that whatever arrives, the output is valid JSON on one line.
void append_json_string(std::string& out, std::string_view text);

/// Appends `text` for a person's terminal: control characters, also those of the C1 range that start escape
/// sequences, show as \xNN, so that nobody can forge lines or move the cursor.
void append_terminal_text(std::string& out, std::string_view text);

}  // namespace annals::runtime
