#include "api/openapi/json_text.hpp"

#include "domain/contract/json_writer.hpp"

namespace annals::api {

void JsonText::new_line() {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
}

void JsonText::separate() {
    if (named_) {
        named_ = false;
        return;
    }
    if (depth_ == 0) return;
    if (!first_) out_ += ',';
    first_ = false;
    new_line();
}

void JsonText::open(char bracket) {
    separate();
    out_ += bracket;
    ++depth_;
    first_ = true;
}

void JsonText::close(char bracket) {
    --depth_;
    if (!first_) new_line();
    out_ += bracket;
    first_ = false;
}

void JsonText::name(std::string_view key) {
    separate();
    contract::append_json_string(out_, key);
    out_ += ": ";
    named_ = true;
}

void JsonText::text(std::string_view key, std::string_view value) {
    name(key);
    separate();
    contract::append_json_string(out_, value);
}

void JsonText::number(std::string_view key, std::int64_t value) {
    name(key);
    separate();
    contract::append_number(out_, value);
}

void JsonText::boolean(std::string_view key, bool value) {
    name(key);
    separate();
    out_ += value ? "true" : "false";
}

void JsonText::null(std::string_view key) {
    name(key);
    separate();
    out_ += "null";
}

void JsonText::texts(std::string_view key, std::span<const std::string_view> values) {
    name(key);
    separate();
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out_ += ", ";
        contract::append_json_string(out_, values[i]);
    }
    out_ += ']';
}

}  // namespace annals::api
