#include "domain/contract/json_writer.hpp"

#include <array>
#include <charconv>

namespace annals::contract {
namespace {

bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escape(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4U];
            out += kHex[static_cast<unsigned char>(c) & 0xFU];
    }
}

class Writer {
public:
    Writer(std::string& out, FieldSealer* sealer) : out_(out), sealer_(sealer) {}

    void value(const TypeInfo& type, const void* at, std::string_view field) {
        switch (type.kind) {
            case Kind::boolean:
                out_ += type.get_boolean(at) ? "true" : "false";
                return;
            case Kind::integer:
                append_number(out_, type.get_integer(at));
                return;
            case Kind::text:
            case Kind::enumeration:
                text(type, at);
                return;
            case Kind::object:
                object(type, at);
                return;
            case Kind::list:
                list(type, at, field);
                return;
            case Kind::optional:
            case Kind::patch:
                nullable(type, at, field);
                return;
            case Kind::sealed:
                sealed(type, at, field);
                return;
            case Kind::any:
                type.write(at, out_);
                return;
        }
    }

private:
    void text(const TypeInfo& type, const void* at) {
        if (type.plain_ascii) {
            out_ += '"';
            type.write(at, out_);
            out_ += '"';
            return;
        }
        scratch_.clear();
        type.write(at, scratch_);
        append_json_string(out_, scratch_);
    }

    void object(const TypeInfo& type, const void* at) {
        out_ += '{';
        bool first = true;
        for (const FieldInfo& field : type.fields) {
            const void* member = field.at_const(at);
            if (is_absent(*field.type, member)) continue;
            if (!first) out_ += ',';
            first = false;
            out_ += '"';
            out_ += field.name;
            out_ += "\":";
            value(*field.type, member, field.name);
        }
        out_ += '}';
    }

    static bool is_absent(const TypeInfo& type, const void* at) {
        if (type.kind == Kind::optional) return type.container->size(at) == 0;
        if (type.kind == Kind::patch) return !type.container->present(at);
        return false;
    }

    void list(const TypeInfo& type, const void* at, std::string_view field) {
        out_ += '[';
        const std::size_t size = type.container->size(at);
        for (std::size_t i = 0; i < size; ++i) {
            if (i > 0) out_ += ',';
            value(*type.element, type.container->get(at, i), field);
        }
        out_ += ']';
    }

    void nullable(const TypeInfo& type, const void* at, std::string_view field) {
        if (type.container->size(at) == 0) {
            out_ += "null";
        } else {
            value(*type.element, type.container->get(at, 0), field);
        }
    }

    void sealed(const TypeInfo& type, const void* at, std::string_view field) {
        const auto& subject = *static_cast<const Uuid*>(type.container->subject(const_cast<void*>(at)));
        out_ += "{\"subject\":\"";
        subject.append_to(out_);
        if (type.container->size(at) == 0) {
            out_ += "\"}";
            return;
        }
        if (sealer_ == nullptr) {
            out_ += "\",\"value\":";
            value(*type.element, type.container->get(at, 0), field);
            out_ += '}';
            return;
        }
        std::string plain;
        Writer(plain, nullptr).value(*type.element, type.container->get(at, 0), field);
        out_ += "\",\"sealed\":\"";
        out_ += sealer_->seal(subject, field, plain);
        out_ += "\"}";
    }

    std::string& out_;
    FieldSealer* sealer_;
    std::string scratch_;
};

}  // namespace

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 24> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t clean_from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!needs_escape(text[i])) continue;
        out.append(text, clean_from, i - clean_from);
        append_escape(out, text[i]);
        clean_from = i + 1;
    }
    out.append(text, clean_from);
    out += '"';
}

void write_json(const TypeInfo& type, const void* value, std::string& out, FieldSealer* sealer) {
    Writer(out, sealer).value(type, value, {});
}

}  // namespace annals::contract
