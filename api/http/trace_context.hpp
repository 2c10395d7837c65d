#pragma once

#include <string_view>

namespace annals::http {

/// True for a traceparent that may be passed on (W3C Trace Context, section 3.2): version 00 exactly as
/// specified; a higher version when its first 55 characters have that form and the rest, after a dash, is
/// short and made of token characters, because it is written into the log, headers and JSON; never version
/// ff, an all-zero trace id or parent id.
bool is_traceparent(std::string_view text);

}  // namespace annals::http
