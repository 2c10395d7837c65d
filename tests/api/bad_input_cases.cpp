#include "tests/api/bad_input_cases.hpp"

#include "domain/contract/json_reader.hpp"
#include "tests/support/json_value.hpp"
#include "tests/support/sample_json.hpp"

#include <functional>

namespace annals::test {
namespace {

using contract::Kind;
using contract::TypeInfo;

class Spoiler {
public:
    Spoiler(Json base, std::vector<BadBody>& into) : base_(std::move(base)), into_(into) {}

    void visit(const TypeInfo& type, const std::string& pointer) {
        switch (type.kind) {
            case Kind::boolean:
                return replace(pointer, "a text for a boolean", R"("true")");
            case Kind::integer:
                return integer(type, pointer);
            case Kind::text:
                return text(type, pointer);
            case Kind::enumeration:
                replace(pointer, "a number for one of a list", "7");
                return replace(pointer, "none of the list", R"("no such value")");
            case Kind::object:
                return object(type, pointer);
            case Kind::list:
                return list(type, pointer);
            case Kind::optional:
            case Kind::patch:
                return visit(*type.element, pointer);
            case Kind::sealed:
            case Kind::any:
                return;
        }
    }

private:
    void add(const std::string& what, const Json& body, const std::string& pointer) {
        into_.push_back({what + " at \"" + pointer + "\"", body.write(), pointer});
    }

    void replace(const std::string& pointer, const std::string& what, const std::string& value) {
        Json body = base_;
        body.edit(pointer) = Json::parse(value);
        add(what, body, pointer);
    }

    void integer(const TypeInfo& type, const std::string& pointer) {
        replace(pointer, "a text for a number", R"("7")");
        replace(pointer, "a fraction", "1.5");
        if (type.min != INT64_MIN) replace(pointer, "too small", std::to_string(type.min - 1));
        if (type.max != INT64_MAX) replace(pointer, "too large", std::to_string(type.max + 1));
    }

    void text(const TypeInfo& type, const std::string& pointer) {
        replace(pointer, "a number for a text", "7");
        replace(pointer, "a list for a text", "[]");
        const TextRules& rules = type.rules;
        const bool secret = rules.format == "password";
        if (rules.max > 0)
            replace(pointer, "too long", Json::of_text(std::string(rules.max + 1, 'x')).write());
        if (rules.min > 0) replace(pointer, "too short", R"("")");
        if (rules.min > 0 && !secret) replace(pointer, "blank", R"("  \n ")");
        if (rules.max > 0 && !secret) replace(pointer, "a control character", R"("a\u0000b")");
        if (!rules.format.empty() && !secret) replace(pointer, "another form", R"("not of this form")");
        if (!rules.pattern.empty()) replace(pointer, "another pattern", R"("?! ")");
    }

    void list(const TypeInfo& type, const std::string& pointer) {
        replace(pointer, "an object for a list", "{}");
        if (type.items_min > 0) replace(pointer, "too few", "[]");
        if (base_.items(pointer).empty()) return;
        if (type.items_max > 0) {
            Json body = base_;
            Json& at = body.edit(pointer);
            at.items().resize(type.items_max + 1, at.items().front());
            add("too many", body, pointer);
        }
        visit(*type.element, pointer + "/0");
    }

    void object(const TypeInfo& type, const std::string& pointer) {
        replace(pointer, "a list for an object", "[]");
        Json unknown = base_;
        unknown.edit(pointer).set("no_such_field", Json::parse("1"));
        add("an unknown field", unknown, pointer + "/no_such_field");
        for (const contract::FieldInfo& field : type.fields) {
            const std::string at = pointer + "/" + std::string(field.name);
            if (!base_.has(at)) continue;
            if (!field.type->omittable()) {
                Json body = base_;
                body.edit(pointer).remove(field.name);
                add("missing", body, at);
                replace(at, "null for what must be there", "null");
            }
            Json twice = base_;
            twice.edit(pointer).members().emplace_back(field.name, base_.at(at));
            add("the same field twice", twice, at);
            visit(*field.type, at);
        }
    }

    Json base_;
    std::vector<BadBody>& into_;
};

}  // namespace

std::vector<BadBody> bad_bodies(
    const contract::TypeInfo& type, const std::vector<std::string_view>& given_by_path
) {
    const Json whole = Json::parse(sample_json(type, Sample::full));
    Json base = whole;
    std::vector<BadBody> bodies;
    for (const std::string_view field : given_by_path) {
        bodies.push_back({"what the path says already", whole.write(), "/" + std::string(field)});
        base.remove(field);
    }
    Spoiler(base, bodies).visit(type, "");
    return bodies;
}

const std::vector<std::string>& malformed_documents() {
    const auto nested = [](std::size_t depth) {
        return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    static const std::vector<std::string> kDocuments{
        "{",
        "}",
        "nul",
        R"({"a":})",
        R"({"a":1,})",
        R"({"a" 1})",
        R"({'a':1})",
        R"({"a":1} {"b":2})",
        R"({"a":NaN})",
        R"({"a":+1})",
        R"({"a":01})",
        "{\"a\":\"line\nbreak\"}",
        R"({"a":"\ud800"})",
        R"({"a":"\x41"})",
        "/* none */ {}",
        "\xEF\xBB\xBF{}",
        "{\"a\":\"\xFF\"}",
        "{\"a\":\"\xC0\xAF\"}",
        std::string("{\0}", 3),
        nested(contract::kJsonDepthMax + 1),
        nested(100'000),
    };
    return kDocuments;
}

std::vector<std::string> bad_values(const contract::TypeInfo& type) {
    switch (type.kind) {
        case Kind::optional:
        case Kind::patch:
        case Kind::list:
            return bad_values(*type.element);
        case Kind::boolean:
            return {"", "maybe", "TRUE", "1"};
        case Kind::integer:
            return {"", "seven", "1.5", "99999999999999999999"};
        case Kind::enumeration:
            return {"", "nothing", "NONE,", "%00"};
        case Kind::text:
            if (type.rules.max == 0 || !type.rules.format.empty()) return {"", "none", "%C3%28"};
            return {"", std::string(type.rules.max + 1, 'x'), "%C3%28", "a%00b", "%E0%80%AF"};
        default:
            return {""};
    }
}

}  // namespace annals::test
