#include "domain/contract/json_reader.hpp"

#include "domain/contract/json_path.hpp"
#include "domain/kernel/assert.hpp"

#include <algorithm>
#include <simdjson.h>

namespace annals::contract {
namespace {

namespace dom = simdjson::dom;

std::string_view fault_sentence(std::string_view code) {
    struct Sentence {
        std::string_view code;
        std::string_view text;
    };
    static constexpr Sentence kSentences[] = {
        {"unknown_field", "there is no such field here"},
        {"duplicate_field", "the field is there twice"},
        {"missing", "the field is required"},
        {"wrong_type", "the value has the wrong JSON type"},
        {"out_of_range", "the number is out of range"},
        {"too_many", "the list has too many items"},
        {"too_few", "the list has too few items"},
        {"too_short", "the text is too short"},
        {"too_long", "the text is too long"},
        {"control_character", "control characters are not allowed"},
        {"bad_format", "the text does not have the required form"},
        {"not_one_of", "the value is none of the allowed ones"},
    };
    for (const Sentence& sentence : kSentences) {
        if (sentence.code == code) return sentence.text;
    }
    return code;
}

/// Walks a DOM element along a TypeInfo and writes into the object behind it.
class Walk {
public:
    Walk(ReadMode mode, FieldOpener* opener) : mode_(mode), opener_(opener) {}

    void value(const TypeInfo& type, dom::element element, void* at) {
        switch (type.kind) {
            case Kind::boolean:
                boolean(type, element, at);
                return;
            case Kind::integer:
                integer(type, element, at);
                return;
            case Kind::text:
            case Kind::enumeration:
                text(type, element, at);
                return;
            case Kind::object:
                object(type, element, at);
                return;
            case Kind::list:
                list(type, element, at);
                return;
            case Kind::optional:
            case Kind::patch:
                nullable(type, element, at);
                return;
            case Kind::sealed:
                sealed(type, element, at);
                return;
            case Kind::any:
                any(type, element, at);
                return;
        }
    }

    std::vector<FieldFault> take_faults() { return std::move(faults_); }

private:
    void fault(std::string_view code, std::string detail = {}) {
        if (faults_.size() >= kFaultsMax) return;
        if (detail.empty()) detail = fault_sentence(code);
        faults_.push_back({path_.pointer(), std::string(code), std::move(detail)});
    }

    void boolean(const TypeInfo& type, dom::element element, void* at) {
        bool read = false;
        if (element.get_bool().get(read) != simdjson::SUCCESS)
            return fault("wrong_type", "true or false is expected");
        type.set_boolean(at, read);
    }

    void integer(const TypeInfo& type, dom::element element, void* at) {
        std::int64_t read = 0;
        const auto error = element.get_int64().get(read);
        if (error == simdjson::NUMBER_OUT_OF_RANGE) return fault("out_of_range");
        if (error != simdjson::SUCCESS) return fault("wrong_type", "a whole number is expected");
        const bool in_range = read >= type.min && read <= type.max;
        if (!in_range && mode_ == ReadMode::strict) {
            return fault(
                "out_of_range",
                "the number must be from " + std::to_string(type.min) + " to " + std::to_string(type.max)
            );
        }
        type.set_integer(at, read);
    }

    void text(const TypeInfo& type, dom::element element, void* at) {
        std::string_view read;
        if (element.get_string().get(read) != simdjson::SUCCESS)
            return fault("wrong_type", "a text is expected");
        const std::string_view code = type.read(at, read);
        if (code.empty()) return;
        if (code == "too_long")
            return fault(code, "at most " + std::to_string(type.rules.max) + " characters");
        if (code == "too_short")
            return fault(code, "at least " + std::to_string(type.rules.min) + " characters");
        if (code == "not_one_of") return fault(code, allowed_sentence(type));
        fault(code);
    }

    static std::string allowed_sentence(const TypeInfo& type) {
        std::string sentence = "allowed: ";
        for (const std::string_view name : type.enumerators) {
            if (name != type.enumerators.front()) sentence += ", ";
            sentence += name;
        }
        return sentence;
    }

    void object(const TypeInfo& type, dom::element element, void* at) {
        dom::object members;
        if (element.get_object().get(members) != simdjson::SUCCESS) {
            return fault("wrong_type", "an object is expected");
        }
        std::uint64_t seen = 0;
        std::size_t next = 0;
        ANNALS_ASSERT(type.fields.size() <= 64, "more fields than the seen mask holds");
        for (const dom::key_value_pair member : members) {
            const JsonPath::Deeper step(path_, {.key = member.key});
            const auto index = field_index(type, member.key, next);
            if (index == type.fields.size()) {
                if (mode_ == ReadMode::strict) fault("unknown_field");
                continue;
            }
            next = index + 1;
            const std::uint64_t bit = std::uint64_t{1} << index;
            if ((seen & bit) != 0) {
                fault("duplicate_field");
                continue;
            }
            seen |= bit;
            const FieldInfo& field = type.fields[index];
            value(*field.type, member.value, field.at(at));
        }
        for (std::size_t i = 0; i < type.fields.size(); ++i) {
            if ((seen >> i & 1U) != 0 || type.fields[i].type->omittable()) continue;
            const JsonPath::Deeper step(path_, {.key = type.fields[i].name});
            fault("missing");
        }
    }

    /// Looks from `next` on first: what we wrote ourselves has the fields in their order.
    static std::size_t field_index(const TypeInfo& type, std::string_view key, std::size_t next) {
        for (std::size_t index = next; index < type.fields.size(); ++index) {
            if (type.fields[index].name == key) return index;
        }
        for (std::size_t index = 0; index < next; ++index) {
            if (type.fields[index].name == key) return index;
        }
        return type.fields.size();
    }

    void list(const TypeInfo& type, dom::element element, void* at) {
        dom::array items;
        if (element.get_array().get(items) != simdjson::SUCCESS)
            return fault("wrong_type", "a list is expected");
        if (mode_ == ReadMode::strict && type.items_max > 0) {
            if (items.size() > type.items_max) {
                return fault("too_many", "at most " + std::to_string(type.items_max) + " items");
            }
            if (items.size() < type.items_min) {
                return fault("too_few", "at least " + std::to_string(type.items_min) + " items");
            }
        }
        std::size_t index = 0;
        for (const dom::element item : items) {
            const JsonPath::Deeper step(path_, {.index = index++});
            value(*type.element, item, type.container->add(at));
        }
    }

    void nullable(const TypeInfo& type, dom::element element, void* at) {
        if (element.is_null()) {
            type.container->set_null(at);
        } else {
            value(*type.element, element, type.container->add(at));
        }
    }

    void sealed(const TypeInfo& type, dom::element element, void* at) {
        std::string_view subject_text;
        if (element["subject"].get_string().get(subject_text) != simdjson::SUCCESS)
            return fault("wrong_type");
        const auto subject = Uuid::parse(subject_text);
        if (!subject) return fault("bad_format");
        *static_cast<Uuid*>(type.container->subject(at)) = *subject;
        dom::element plain;
        if (element["value"].get(plain) == simdjson::SUCCESS) {
            value(*type.element, plain, type.container->add(at));
            return;
        }
        std::string_view ciphertext;
        if (element["sealed"].get_string().get(ciphertext) != simdjson::SUCCESS || opener_ == nullptr) return;
        const auto opened = opener_->open(*subject, path_.last(), ciphertext);
        if (!opened) return;
        simdjson::dom::parser parser;
        dom::element inner;
        if (parser.parse(*opened).get(inner) != simdjson::SUCCESS) return fault("bad_format");
        value(*type.element, inner, type.container->add(at));
    }

    void any(const TypeInfo& type, dom::element element, void* at) {
        type.read(at, simdjson::minify(element));
    }

    ReadMode mode_;
    FieldOpener* opener_;
    JsonPath path_;
    std::vector<FieldFault> faults_;
};

FieldFault parse_fault(simdjson::error_code error) {
    switch (error) {
        case simdjson::EMPTY:
            return {"", "empty", "a JSON document is expected, nothing was sent"};
        case simdjson::UTF8_ERROR:
            return {"", "invalid_utf8", "the document is not valid UTF-8"};
        case simdjson::DEPTH_ERROR:
            return {
                "", "too_deep",
                "the document is nested deeper than " + std::to_string(kJsonDepthMax) + " levels"
            };
        default:
            return {"", "malformed_json", std::string(simdjson::error_message(error))};
    }
}

using Member = std::optional<dom::element>;

std::optional<std::string_view> text_of(const Member& member) {
    std::string_view read;
    if (!member || member->get_string().get(read) != simdjson::SUCCESS) return std::nullopt;
    return read;
}

std::optional<std::int64_t> integer_of(const Member& member) {
    std::int64_t read = 0;
    if (!member || member->get_int64().get(read) != simdjson::SUCCESS) return std::nullopt;
    return read;
}

std::vector<FieldFault> read_element(
    dom::element element, const TypeInfo& type, void* value, ReadMode mode, FieldOpener* opener
) {
    Walk walk(mode, opener);
    walk.value(type, element, value);
    return walk.take_faults();
}

}  // namespace

struct JsonDocument::Impl {
    dom::parser parser;
    std::string padded;
    dom::element root;
    std::vector<Member> found;  ///< by index into the names of find()

    [[nodiscard]] Member member(std::string_view name) const {
        dom::element element;
        if (root[name].get(element) != simdjson::SUCCESS) return std::nullopt;
        return element;
    }
};

JsonDocument::JsonDocument() : impl_(std::make_unique<Impl>()) {}
JsonDocument::~JsonDocument() = default;

std::optional<FieldFault> JsonDocument::parse(std::string_view text) {
    // A byte order mark is no JSON; simdjson would pass over it.
    if (text.starts_with("\xEF\xBB\xBF"))
        return FieldFault{"", "malformed_json", "a byte order mark is not allowed"};
    const std::size_t capacity = std::max<std::size_t>(text.size(), 4096);
    if (impl_->parser.capacity() < capacity || impl_->parser.max_depth() != kJsonDepthMax) {
        const auto error = impl_->parser.allocate(capacity, kJsonDepthMax);
        if (error != simdjson::SUCCESS) return parse_fault(error);
    }
    impl_->padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    impl_->padded.assign(text);
    const auto error =
        impl_->parser.parse(impl_->padded.data(), impl_->padded.size(), false).get(impl_->root);
    if (error != simdjson::SUCCESS) return parse_fault(error);
    return std::nullopt;
}

std::optional<std::string_view> JsonDocument::text(std::string_view member) const {
    return text_of(impl_->member(member));
}
std::optional<std::int64_t> JsonDocument::integer(std::string_view member) const {
    return integer_of(impl_->member(member));
}
std::optional<std::string_view> JsonDocument::text(std::size_t name) const {
    return text_of(impl_->found.at(name));
}
std::optional<std::int64_t> JsonDocument::integer(std::size_t name) const {
    return integer_of(impl_->found.at(name));
}

std::optional<std::size_t> JsonDocument::find(std::span<const std::string_view> names) {
    impl_->found.assign(names.size(), std::nullopt);
    dom::object members;
    if (impl_->root.get_object().get(members) != simdjson::SUCCESS) return std::nullopt;
    std::size_t next = 0;
    for (const dom::key_value_pair member : members) {
        const auto rest = names.subspan(next);
        auto at = next + static_cast<std::size_t>(std::ranges::find(rest, member.key) - rest.begin());
        if (at == names.size()) {
            const auto before = names.first(next);
            at = static_cast<std::size_t>(std::ranges::find(before, member.key) - before.begin());
            if (at == next) continue;
        }
        if (impl_->found[at]) return at;
        impl_->found[at] = member.value;
        next = at + 1;
    }
    return std::nullopt;
}

std::vector<FieldFault> JsonDocument::read(
    const TypeInfo& type, void* value, ReadMode mode, FieldOpener* opener
) const {
    return read_element(impl_->root, type, value, mode, opener);
}

std::vector<FieldFault> JsonDocument::read_member(
    std::string_view member, const TypeInfo& type, void* value, ReadMode mode, FieldOpener* opener
) const {
    const Member found = impl_->member(member);
    if (!found) return {{"/" + std::string(member), "missing", "the field is required"}};
    return read_element(*found, type, value, mode, opener);
}

std::vector<FieldFault> JsonDocument::read_member(
    std::size_t name, const TypeInfo& type, void* value, ReadMode mode, FieldOpener* opener
) const {
    const Member& found = impl_->found.at(name);
    if (!found) return {{"", "missing", "the field is required"}};
    return read_element(*found, type, value, mode, opener);
}

std::vector<FieldFault> read_json(const TypeInfo& type, std::string_view text, void* value) {
    static thread_local JsonDocument document;
    if (auto fault = document.parse(text)) return {std::move(*fault)};
    return document.read(type, value, ReadMode::strict);
}

}  // namespace annals::contract
