#include "tests/support/json_value.hpp"

#include "domain/contract/json_writer.hpp"

#include <algorithm>
#include <stdexcept>

namespace annals::test {

class JsonParser {
public:
    explicit JsonParser(std::string_view text) : text_(text) {}

    Json document() {
        Json value = this->value();
        blank();
        if (at_ != text_.size()) fail();
        return value;
    }

private:
    [[noreturn]] void fail() const {
        throw std::runtime_error("no JSON at byte " + std::to_string(at_) + ": " + std::string(text_));
    }
    void blank() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
    }
    char peek() {
        blank();
        if (at_ >= text_.size()) fail();
        return text_[at_];
    }
    void take(char wanted) {
        if (peek() != wanted) fail();
        ++at_;
    }

    Json value() {
        const char first = peek();
        Json json;
        if (first == '{') {
            json.type_ = Json::Type::object;
            sequence('{', '}', [&] {
                std::string name = string();
                take(':');
                json.members_.emplace_back(std::move(name), value());
            });
        } else if (first == '[') {
            json.type_ = Json::Type::list;
            sequence('[', ']', [&] { json.items_.push_back(value()); });
        } else if (first == '"') {
            json.type_ = Json::Type::text;
            json.spelled_ = string();
        } else {
            scalar(json);
        }
        return json;
    }

    template <class Element>
    void sequence(char open, char close, Element element) {
        take(open);
        if (peek() == close) return take(close);
        element();
        while (peek() == ',') {
            ++at_;
            element();
        }
        take(close);
    }

    void scalar(Json& json) {
        const auto end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
        json.spelled_ = text_.substr(at_, end - at_);
        at_ = end;
        if (json.spelled_ == "null") {
            json.spelled_.clear();
        } else if (json.spelled_ == "true" || json.spelled_ == "false") {
            json.type_ = Json::Type::boolean;
        } else if (json.spelled_.find_first_not_of("0123456789+-.eE") == std::string::npos &&
                   !json.spelled_.empty()) {
            json.type_ = Json::Type::number;
        } else {
            fail();
        }
    }

    std::string string() {
        take('"');
        std::string out;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] != '\\') {
                out += text_[at_++];
                continue;
            }
            out += escaped();
        }
        take('"');
        return out;
    }

    /// Answers of ours escape only what must be: quotes, backslashes and control characters.
    char escaped() {
        const std::string_view rest = text_.substr(at_);
        static constexpr std::string_view kLetters = "\"\\/bfnrt";
        static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
        if (rest.size() < 2) fail();
        if (const auto letter = kLetters.find(rest[1]); letter != std::string_view::npos) {
            at_ += 2;
            return kMeant[letter];
        }
        if (!rest.starts_with("\\u00") || rest.size() < 6) fail();
        at_ += 6;
        return static_cast<char>(std::stoi(std::string(rest.substr(4, 2)), nullptr, 16));
    }

    std::string_view text_;
    std::size_t at_{0};
};

Json Json::parse(std::string_view document) {
    return JsonParser(document).document();
}

Json Json::of_text(std::string_view text) {
    Json json;
    json.type_ = Type::text;
    json.spelled_ = text;
    return json;
}

const Json* Json::find(std::string_view pointer) const {
    if (pointer.empty()) return this;
    const auto end = std::min(pointer.find('/', 1), pointer.size());
    const std::string_view step = pointer.substr(1, end - 1);
    if (type_ == Type::list) {
        const bool digits = !step.empty() && step.find_first_not_of("0123456789") == std::string_view::npos;
        const std::size_t index = digits ? std::stoul(std::string(step)) : items_.size();
        return index < items_.size() ? items_[index].find(pointer.substr(end)) : nullptr;
    }
    for (const auto& [name, value] : members_) {
        if (name == step) return value.find(pointer.substr(end));
    }
    return nullptr;
}

const Json& Json::at(std::string_view pointer) const {
    static const Json kNull;
    const Json* found = find(pointer);
    return found == nullptr ? kNull : *found;
}

Json& Json::edit(std::string_view pointer) {
    const Json* found = find(pointer);
    if (found == nullptr) throw std::runtime_error("there is no " + std::string(pointer) + " in " + write());
    return const_cast<Json&>(*found);
}

std::string Json::text(std::string_view pointer) const {
    return at(pointer).spelled_;
}

std::int64_t Json::number(std::string_view pointer) const {
    const Json& value = at(pointer);
    if (value.type_ != Type::number) {
        throw std::runtime_error(std::string(pointer) + " is no number in " + write());
    }
    return std::stoll(value.spelled_);
}

void Json::set(std::string_view member, Json value) {
    type_ = Type::object;
    remove(member);
    members_.emplace_back(member, std::move(value));
}

void Json::remove(std::string_view member) {
    std::erase_if(members_, [&](const auto& entry) { return entry.first == member; });
}

std::string Json::write() const {
    std::string out;
    switch (type_) {
        case Type::null:
            return "null";
        case Type::boolean:
        case Type::number:
            return spelled_;
        case Type::text:
            contract::append_json_string(out, spelled_);
            return out;
        case Type::list:
            for (const Json& item : items_) out += (out.empty() ? "" : ",") + item.write();
            return "[" + out + "]";
        case Type::object:
            for (const auto& [name, value] : members_) {
                if (!out.empty()) out += ',';
                contract::append_json_string(out, name);
                out += ':' + value.write();
            }
            return "{" + out + "}";
    }
    return out;
}

}  // namespace annals::test
