#include "api/http/problem.hpp"
#include "api/http/problem_catalogue.hpp"
#include "api/http/security_headers.hpp"

namespace annals::http {

namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#1b1f24}"
    "code{background:#f0f2f4;padding:.1em .3em;border-radius:3px}td,th{text-align:left;padding:.3em 1em .3em "
    "0}";

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '<':
                out.append("&lt;");
                break;
            case '>':
                out.append("&gt;");
                break;
            case '&':
                out.append("&amp;");
                break;
            case '"':
                out.append("&quot;");
                break;
            default:
                out.push_back(c);
        }
    }
}

void append_element(std::string& out, std::string_view tag, std::string_view text) {
    out.append("<").append(tag).append(">");
    append_escaped(out, text);
    out.append("</").append(tag).append(">\n");
}

Response page(std::string_view title, std::string_view content) {
    std::string html = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
    append_element(html, "title", title);
    html.append("<style>").append(kStyle).append("</style></head><body>\n");
    html.append(content).append("</body></html>\n");
    Response response = html_response(200, std::move(html));
    response.headers.add("Content-Security-Policy", kProblemPagePolicy);
    response.headers.add("Cache-Control", "public, max-age=3600");
    return response;
}

}  // namespace

std::optional<Response> problem_page(std::string_view slug) {
    const ProblemInfo* info = find_problem_by_slug(slug);
    if (info == nullptr) return std::nullopt;
    std::string content;
    append_element(content, "h1", info->title);
    content.append("<p><code>").append(info->code).append("</code>, HTTP status ");
    content.append(std::to_string(info->status)).append("</p>\n");
    append_element(content, "h2", "What it means");
    append_element(content, "p", info->explanation);
    append_element(content, "h2", "What to do");
    append_element(content, "p", info->remedy);
    content.append("<p><a href=\"/docs/problems\">All problems</a></p>\n");
    return page(info->title, content);
}

Response problem_index_page() {
    std::string content;
    append_element(content, "h1", "Problems");
    append_element(
        content, "p", "Every error answer is application/problem+json (RFC 9457) with one of these codes."
    );
    content.append("<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>\n");
    for (const ProblemInfo& info : problem_catalogue()) {
        content.append("<tr><td><a href=\"/docs/problems/")
            .append(problem_slug(info.code))
            .append("\"><code>");
        content.append(info.code)
            .append("</code></a></td><td>")
            .append(std::to_string(info.status))
            .append("</td>");
        append_element(content, "td", info.title);
        content.append("</tr>\n");
    }
    content.append("</table>\n");
    return page("Problems", content);
}

}  // namespace annals::http
