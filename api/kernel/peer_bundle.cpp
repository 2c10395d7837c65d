#include "api/kernel/peer_bundle.hpp"

#include "api/http/ascii.hpp"
#include "api/http/base64url.hpp"
#include "api/http/trace_context.hpp"
#include "api/http/uri.hpp"
#include "api/kernel/command_peers.hpp"
#include "domain/kernel/ids.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

namespace annals::api {
namespace {

/// Of another version nothing is read.
constexpr char kRequestsMark = 'c';
constexpr char kAnswersMark = 'a';
constexpr char kVersion = 1;
constexpr std::size_t kAnswerHeadersMax = 16;
constexpr std::size_t kAddressCharactersMax = 45;

/// What a command's route reads of a header, and nothing else.
constexpr std::array<std::string_view, 5> kPassedOnFields{
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"
};
/// A response names its type by a text that outlives it.
constexpr std::array<std::string_view, 4> kContentTypes{
    std::string_view(), http::kJson, http::kProblemJson, http::kPlainText
};

void put_number(std::string& out, std::size_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8)
        out.push_back(static_cast<char>((number >> shift) & 0xffU));
}
void put_text(std::string& out, std::string_view text) {
    put_number(out, text.size());
    out.append(text);
}
void put_byte(std::string& out, std::size_t byte) {
    out.push_back(static_cast<char>(byte));
}

/// Takes fields off a body; after a broken one everything is empty and `broken` stays true.
class FieldReader {
public:
    explicit FieldReader(std::string_view body) : rest_(body) {}

    std::uint32_t number() {
        const std::string_view bytes = take(4);
        std::uint32_t number = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            number |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
        return number;
    }
    std::uint8_t byte() {
        const std::string_view bytes = take(1);
        return bytes.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(bytes.front());
    }
    std::string_view text() { return take(number()); }
    void expect(char wanted) { broken_ = static_cast<char>(byte()) != wanted || broken_; }
    [[nodiscard]] bool broken() const { return broken_; }
    [[nodiscard]] bool at_end() const { return !broken_ && rest_.empty(); }

private:
    std::string_view take(std::size_t size) {
        if (broken_ || size > rest_.size()) {
            broken_ = true;
            return {};
        }
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
    bool broken_{false};
};

/// Characters that stand for themselves in a request target.
bool is_plain(char c) {
    return http::is_alpha(c) || http::is_digit(c) || c == '/' || c == '-' || c == '.' || c == '_' ||
           c == '~' || c == ':';
}

bool is_address(std::string_view text) {
    return text.size() <= kAddressCharactersMax && std::ranges::all_of(text, [](char c) {
               return http::is_alpha(c) || http::is_digit(c) || c == '.' || c == ':' || c == '%';
           });
}

/// Everything but the header, checked as it would be if it had come from a client.
bool read_plain_fields(FieldReader& reader, http::Request& request) {
    const auto method = http::parse_method(reader.text());
    const auto target = http::read_target(reader.text(), request);
    request.command_id = reader.text();
    request.request_id = reader.text();
    request.remote_address = reader.text();
    request.traceparent = reader.text();
    if (!method || !target || reader.broken()) return false;
    request.method = *method;
    request.passed_on = true;
    const bool traced = request.traceparent.empty() || http::is_traceparent(request.traceparent);
    return traced && Uuid::parse(request.command_id) && Uuid::parse(request.request_id) &&
           is_address(request.remote_address);
}

std::shared_ptr<http::Request> read_item(FieldReader& reader) {
    auto request = std::make_shared<http::Request>();
    if (!read_plain_fields(reader, *request)) return nullptr;
    for (std::uint32_t left = reader.byte(); left > 0; --left) {
        const std::size_t field = reader.byte();
        const std::string_view value = reader.text();
        if (reader.broken() || field >= kPassedOnFields.size()) return nullptr;
        request->headers.add(kPassedOnFields[field], value);
    }
    request->body = reader.text();
    if (reader.broken() || request->body.size() > kPassedOnBodyBytesMax) return nullptr;
    return request;
}

bool read_answer(FieldReader& reader, http::Response& response) {
    response.status = static_cast<int>(reader.number());
    const std::size_t type = reader.byte();
    response.compressible = reader.byte() != 0;
    const std::size_t headers = reader.byte();
    if (type >= kContentTypes.size() || headers > kAnswerHeadersMax) return false;
    response.content_type = kContentTypes[type];
    for (std::size_t i = 0; i < headers; ++i) {
        const std::string_view name = reader.text();
        const std::string_view value = reader.text();
        if (reader.broken()) return false;
        response.headers.add(name, value);
    }
    response.body = reader.text();
    return !reader.broken() && response.status >= 200 && response.status < 600;
}

}  // namespace

bool can_be_passed_on(const http::Request& request) {
    return request.query.empty() && request.body.size() <= kPassedOnBodyBytesMax &&
           std::ranges::all_of(request.path, is_plain);
}

void append_item(std::string& out, const http::Request& request) {
    put_text(out, http::to_string(request.method));
    put_text(out, request.path);
    put_text(out, request.command_id);
    put_text(out, request.request_id);
    put_text(out, request.remote_address);
    put_text(out, request.traceparent);
    const std::size_t count_at = out.size();
    put_byte(out, 0);
    std::size_t count = 0;
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const http::Headers::Field field = request.headers[i];
        const auto* known = std::ranges::find_if(kPassedOnFields, [&](std::string_view name) {
            return http::equals_ignoring_case(name, field.name);
        });
        if (known == kPassedOnFields.end()) continue;
        put_byte(out, static_cast<std::size_t>(known - kPassedOnFields.begin()));
        put_text(out, field.value);
        ++count;
    }
    out[count_at] = static_cast<char>(count);
    put_text(out, request.body);
}

std::string write_bundle(std::span<const std::string> items) {
    std::string out{kRequestsMark, kVersion};
    std::size_t bytes = 6;
    for (const std::string& item : items) bytes += item.size();
    out.reserve(bytes);
    put_number(out, items.size());
    for (const std::string& item : items) out += item;
    return out;
}

std::optional<std::vector<std::shared_ptr<http::Request>>> read_bundle(std::string_view body) {
    FieldReader reader(body);
    reader.expect(kRequestsMark);
    reader.expect(kVersion);
    const std::size_t count = reader.number();
    if (reader.broken() || count > kPeerBundleItemsMax) return std::nullopt;
    std::vector<std::shared_ptr<http::Request>> requests;
    try {
        for (std::size_t i = 0; i < count; ++i) {
            requests.push_back(read_item(reader));
            if (!requests.back()) return std::nullopt;
        }
    } catch (const std::invalid_argument&) {
        return std::nullopt;  // a control character in a header field
    }
    if (!reader.at_end()) return std::nullopt;
    return requests;
}

std::string sign_bundle(const http::Hmac& hmac, std::string_view body) {
    const auto digest = hmac(body);
    std::string bytes(digest.size(), '\0');
    std::ranges::copy(digest, bytes.begin());
    return http::base64url_encode(bytes);
}

std::string write_answers(std::span<const http::Response> answers) {
    std::string out{kAnswersMark, kVersion};
    for (const http::Response& response : answers) {
        put_number(out, static_cast<std::size_t>(response.status));
        const auto* type = std::ranges::find(kContentTypes, response.content_type);
        put_byte(
            out, type == kContentTypes.end() ? 0 : static_cast<std::size_t>(type - kContentTypes.begin())
        );
        put_byte(out, response.compressible ? 1 : 0);
        put_byte(out, response.headers.size());
        for (std::size_t i = 0; i < response.headers.size(); ++i) {
            put_text(out, response.headers[i].name);
            put_text(out, response.headers[i].value);
        }
        put_text(out, response.body);
    }
    return out;
}

std::optional<std::vector<http::Response>> read_answers(std::string_view body, std::size_t count) {
    FieldReader reader(body);
    reader.expect(kAnswersMark);
    reader.expect(kVersion);
    std::vector<http::Response> answers(count);
    try {
        for (http::Response& answer : answers) {
            if (!read_answer(reader, answer)) return std::nullopt;
        }
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
    if (!reader.at_end()) return std::nullopt;
    return answers;
}

}  // namespace annals::api
