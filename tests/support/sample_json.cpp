#include "tests/support/sample_json.hpp"

#include "domain/contract/json_writer.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <stdexcept>

namespace annals::test {
namespace {

using contract::Kind;
using contract::TypeInfo;

constexpr std::string_view kId = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";

std::string sample_text(const TypeInfo& type, Sample sample) {
    const TextRules& rules = type.rules;
    if (rules.format == "uuid") return std::string(kId);
    if (rules.format == "date-time") return "2026-03-01T12:00:00.000000Z";
    if (rules.format == "date") return "2026-03-01";
    if (rules.format == "email") return "ada@example.org";
    if (!rules.pattern.empty()) {
        const std::regex pattern{std::string(rules.pattern)};
        for (const char* candidate : {"acme-works", "WS", "UAH", "a5", "uk"}) {
            if (std::regex_match(candidate, pattern)) return candidate;
        }
        throw std::logic_error("sample_json needs a candidate for " + std::string(rules.pattern));
    }
    if (sample == Sample::minimal) return std::string(rules.min, 'x');
    const std::string telling = rules.line_breaks ? "Two \"lines\",\nü and 😀" : "A \"text\", ü and 😀";
    return rules.max == 0 || rules.max > 30 ? telling : std::string(rules.max, 'y');
}

class Sampler {
public:
    explicit Sampler(Sample sample) : sample_(sample) {}

    std::string value(const TypeInfo& type) {
        switch (type.kind) {
            case Kind::boolean:
                return full() ? "true" : "false";
            case Kind::integer:
                return std::to_string(std::clamp<std::int64_t>(full() ? 42 : 0, type.min, type.max));
            case Kind::text:
                return quoted(sample_text(type, sample_));
            case Kind::enumeration:
                return quoted(full() ? type.enumerators.back() : type.enumerators.front());
            case Kind::object:
                return object(type);
            case Kind::list:
                return list(type);
            case Kind::optional:
            case Kind::patch:
                return value(*type.element);
            case Kind::sealed:
                return sealed(type);
            case Kind::any:
                return full() ? R"({"any":["thing",1,null]})" : "null";
        }
        throw std::logic_error("unknown kind");
    }

private:
    [[nodiscard]] bool full() const { return sample_ == Sample::full; }

    static std::string quoted(std::string_view text) {
        std::string json;
        contract::append_json_string(json, text);
        return json;
    }

    std::string object(const TypeInfo& type) {
        std::string json = "{";
        for (const contract::FieldInfo& field : type.fields) {
            if (!full() && field.type->omittable()) continue;
            if (json.size() > 1) json += ',';
            json += quoted(field.name) + ':' + value(*field.type);
        }
        return json + '}';
    }

    std::string list(const TypeInfo& type) {
        const std::size_t count = full() ? std::max<std::size_t>(type.items_min, 1) : type.items_min;
        std::string json = "[";
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) json += ',';
            json += value(*type.element);
        }
        return json + ']';
    }

    std::string sealed(const TypeInfo& type) {
        std::string json = R"({"subject":)" + quoted(kId);
        if (full()) json += ",\"value\":" + value(*type.element);
        return json + '}';
    }

    Sample sample_;
};

class Shape {
public:
    std::string text;

    void value(const TypeInfo& type, std::size_t indent) {
        switch (type.kind) {
            case Kind::boolean:
                text += "boolean\n";
                return;
            case Kind::integer:
                text += "integer " + std::to_string(type.min) + ".." + std::to_string(type.max) + '\n';
                return;
            case Kind::text:
                rules(type.rules);
                return;
            case Kind::enumeration:
                enumeration(type);
                return;
            case Kind::object:
                object(type, indent);
                return;
            case Kind::list:
                text +=
                    "list " + std::to_string(type.items_min) + ".." + std::to_string(type.items_max) + " of ";
                value(*type.element, indent);
                return;
            case Kind::optional:
                wrapped("optional ", type, indent);
                return;
            case Kind::patch:
                wrapped("patch ", type, indent);
                return;
            case Kind::sealed:
                wrapped("sealed ", type, indent);
                return;
            case Kind::any:
                text += "any\n";
                return;
        }
    }

private:
    void wrapped(std::string_view word, const TypeInfo& type, std::size_t indent) {
        text += word;
        value(*type.element, indent);
    }

    void rules(const TextRules& of) {
        text += "text";
        if (of.max > 0) text += ' ' + std::to_string(of.min) + ".." + std::to_string(of.max);
        if (of.line_breaks) text += " lines";
        if (!of.format.empty()) text += " format=" + std::string(of.format);
        if (!of.pattern.empty()) text += " pattern=" + std::string(of.pattern);
        text += '\n';
    }

    void enumeration(const TypeInfo& type) {
        text += "one of";
        for (const std::string_view name : type.enumerators) text += ' ' + std::string(name);
        text += '\n';
    }

    void object(const TypeInfo& type, std::size_t indent) {
        text += "object\n";
        for (const contract::FieldInfo& field : type.fields) {
            text += std::string(indent + 2, ' ') + std::string(field.name) + ": ";
            value(*field.type, indent + 2);
        }
    }
};

}  // namespace

std::string sample_json(const contract::TypeInfo& type, Sample sample) {
    return Sampler(sample).value(type);
}

std::string shape_text(const contract::TypeInfo& type) {
    Shape shape;
    shape.value(type, 0);
    shape.text.pop_back();
    return shape.text;
}

}  // namespace annals::test
