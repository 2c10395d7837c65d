#include "api/http/security_headers.hpp"

namespace annals::http {

void append_security_headers(std::string& out, const Response& response) {
    out.append(
        "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n"
    );
    if (!response.headers.has("Content-Security-Policy")) {
        out.append("Content-Security-Policy: ").append(kApiPolicy).append("\r\n");
    }
    if (!response.headers.has("Cache-Control")) out.append("Cache-Control: no-store\r\n");
    if (response.content_type.starts_with("text/html"))
        out.append("Cross-Origin-Opener-Policy: same-origin\r\n");
}

}  // namespace annals::http
