#pragma once

/// Turns described structs into TypeInfo tables at compile time. Included only by the contract.cpp of a
/// context (and by the few .cpp files that declare views or rows), because it brings Boost.Describe and mp11
/// with it.

#include "domain/contract/docs.hpp"
#include "domain/contract/message_type.hpp"
#include "domain/contract/raw_json.hpp"
#include "domain/contract/type_info.hpp"
#include "domain/kernel/bounded.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/patch.hpp"
#include "domain/kernel/sealed.hpp"
#include "domain/kernel/time.hpp"

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace annals::contract {

/// The table of a type: `type_info<TaskMoved>()`.
template <class T>
const TypeInfo* type_info();

namespace detail {

template <class T>
concept Documented = requires { contract_docs(static_cast<const T*>(nullptr)); };

template <class T>
constexpr std::string_view doc_of(std::string_view field) {
    if constexpr (Documented<T>) {
        for (const FieldDoc& doc : contract_docs(static_cast<const T*>(nullptr))) {
            if (doc.field == field) return doc.text;
        }
    }
    return {};
}

template <class T>
constexpr std::string_view short_name() {
    // "…short_name() [T = annals::projects::TaskMoved]"
    std::string_view name = __PRETTY_FUNCTION__;
    const auto equals = name.find("T = ");
    name.remove_prefix(equals + 4);
    name = name.substr(0, name.find_first_of("];"));
    // An instance of a template (Change<...>) has no name of its own; its schema is written in place.
    if (name.find('<') != std::string_view::npos) return {};
    const auto colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};

template <class T, template <class...> class Of>
inline constexpr bool kIs = false;
template <class... A, template <class...> class Of>
inline constexpr bool kIs<Of<A...>, Of> = true;

template <class T>
concept TextLike = requires(T value, std::string_view raw) {
    { T::parse(raw).has_value() } -> std::same_as<bool>;
    T::kRules;
    value.str();
};

template <class T>
concept Described = boost::describe::has_describe_members<T>::value && !std::is_enum_v<T>;

template <class T>
struct BoundedRange {
    static constexpr std::int64_t kMin = sizeof(T) == 8 && std::is_unsigned_v<T>
                                             ? 0
                                             : static_cast<std::int64_t>(std::numeric_limits<T>::min());
    static constexpr std::int64_t kMax =
        sizeof(T) == 8 ? INT64_MAX : static_cast<std::int64_t>(std::numeric_limits<T>::max());
};

template <class T>
constexpr TypeInfo integer_info(std::int64_t min, std::int64_t max) {
    TypeInfo info;
    info.kind = Kind::integer;
    info.min = min;
    info.max = max;
    info.get_integer = [](const void* at) { return static_cast<std::int64_t>(*static_cast<const T*>(at)); };
    info.set_integer = [](void* at, std::int64_t value) { *static_cast<T*>(at) = static_cast<T>(value); };
    return info;
}

template <class T>
constexpr TypeInfo boolean_info() {
    TypeInfo info;
    info.kind = Kind::boolean;
    info.get_boolean = [](const void* at) { return *static_cast<const bool*>(at); };
    info.set_boolean = [](void* at, bool value) { *static_cast<bool*>(at) = value; };
    return info;
}

/// Text types of the kernel: parse, normalise, limit.
template <class T>
constexpr TypeInfo text_info() {
    TypeInfo info;
    info.kind = Kind::text;
    info.rules = T::kRules;
    info.read = [](void* at, std::string_view raw) -> std::string_view {
        auto parsed = T::parse(raw);
        if (!parsed) return text_fault_code(parsed.error());
        *static_cast<T*>(at) = std::move(*parsed);
        return {};
    };
    info.write = [](const void* at, std::string& out) { out += static_cast<const T*>(at)->str(); };
    return info;
}

/// Ids, instants, dates: `parse` answers an optional, the text is plain ASCII.
template <class T>
constexpr TypeInfo scalar_info(std::string_view format, std::size_t length) {
    TypeInfo info;
    info.kind = Kind::text;
    info.rules = TextRules{length, length, false, {}, format};
    info.plain_ascii = true;
    info.read = [](void* at, std::string_view raw) -> std::string_view {
        const auto parsed = T::parse(raw);
        if (!parsed) return "bad_format";
        *static_cast<T*>(at) = *parsed;
        return {};
    };
    info.write = [](const void* at, std::string& out) { out += static_cast<const T*>(at)->to_string(); };
    return info;
}

/// Plain std::string: any text without limits; for views and for stored data that was checked before.
template <class T>
constexpr TypeInfo string_info(Kind kind) {
    TypeInfo info;
    info.kind = kind;
    info.read = [](void* at, std::string_view raw) -> std::string_view {
        static_cast<T*>(at)->assign(raw);
        return {};
    };
    info.write = [](const void* at, std::string& out) { out += *static_cast<const T*>(at); };
    return info;
}

/// An enumerator that would be a keyword ends in an underscore, which its wire name does not have.
constexpr std::string_view wire_name(std::string_view enumerator) {
    if (enumerator.ends_with('_')) enumerator.remove_suffix(1);
    return enumerator;
}

template <class E>
struct EnumTable {
    using Described = boost::describe::describe_enumerators<E>;
    static constexpr std::size_t kCount = boost::mp11::mp_size<Described>::value;
    static constexpr auto kNames = []<class... D>(boost::mp11::mp_list<D...>) {
        return std::array<std::string_view, sizeof...(D)>{wire_name(D::name)...};
    }(boost::mp11::mp_rename<Described, boost::mp11::mp_list>{});
    static constexpr auto kValues = []<class... D>(boost::mp11::mp_list<D...>) {
        return std::array<E, sizeof...(D)>{D::value...};
    }(boost::mp11::mp_rename<Described, boost::mp11::mp_list>{});
};

template <class E>
constexpr TypeInfo enum_info() {
    TypeInfo info;
    info.kind = Kind::enumeration;
    info.name = short_name<E>();
    info.enumerators = EnumTable<E>::kNames;
    info.plain_ascii = true;
    info.read = [](void* at, std::string_view raw) -> std::string_view {
        for (std::size_t i = 0; i < EnumTable<E>::kCount; ++i) {
            if (EnumTable<E>::kNames[i] == raw) {
                *static_cast<E*>(at) = EnumTable<E>::kValues[i];
                return {};
            }
        }
        return "not_one_of";
    };
    info.write = [](const void* at, std::string& out) {
        for (std::size_t i = 0; i < EnumTable<E>::kCount; ++i) {
            if (EnumTable<E>::kValues[i] == *static_cast<const E*>(at)) out += EnumTable<E>::kNames[i];
        }
    };
    return info;
}

/// A std::vector has no limit of its own; how many items a command takes, its field says with a Listed.
template <class List>
inline constexpr ContainerOps kListOps{
    .size = [](const void* list) { return static_cast<const List*>(list)->size(); },
    .get = [](const void* list, std::size_t i) -> const void* {
        return &(*static_cast<const List*>(list))[i];
    },
    .add = [](void* list) -> void* { return &static_cast<List*>(list)->emplace_back(); },
    .set_null = nullptr,
    .present = nullptr,
    .subject = nullptr,
};

template <class T>
inline constexpr ContainerOps kOptionalOps{
    .size = [](const void* at) -> std::size_t {
        return static_cast<const std::optional<T>*>(at)->has_value() ? 1 : 0;
    },
    .get = [](const void* at, std::size_t) -> const void* {
        return &**static_cast<const std::optional<T>*>(at);
    },
    .add = [](void* at) -> void* { return &static_cast<std::optional<T>*>(at)->emplace(); },
    .set_null = [](void* at) { static_cast<std::optional<T>*>(at)->reset(); },
    .present = nullptr,
    .subject = nullptr,
};

template <class T>
inline constexpr ContainerOps kPatchOps{
    .size = [](const void* at) -> std::size_t { return static_cast<const Patch<T>*>(at)->value ? 1 : 0; },
    .get = [](const void* at, std::size_t) -> const void* {
        return &*static_cast<const Patch<T>*>(at)->value;
    },
    .add = [](void* at) -> void* {
        auto* patch = static_cast<Patch<T>*>(at);
        patch->present = true;
        return &patch->value.emplace();
    },
    .set_null = [](void* at) { *static_cast<Patch<T>*>(at) = Patch<T>::clear(); },
    .present = [](const void* at) { return static_cast<const Patch<T>*>(at)->present; },
    .subject = nullptr,
};

template <class T>
inline constexpr ContainerOps kSealedOps{
    .size = [](const void* at) -> std::size_t { return static_cast<const Sealed<T>*>(at)->value ? 1 : 0; },
    .get = [](const void* at, std::size_t) -> const void* {
        return &*static_cast<const Sealed<T>*>(at)->value;
    },
    .add = [](void* at) -> void* { return &static_cast<Sealed<T>*>(at)->value.emplace(); },
    .set_null = nullptr,
    .present = nullptr,
    .subject = [](void* at) -> void* { return &static_cast<Sealed<T>*>(at)->subject; },
};

template <class T>
constexpr TypeInfo container_info(Kind kind, const TypeInfo* element, const ContainerOps* ops) {
    TypeInfo info;
    info.kind = kind;
    info.element = element;
    info.container = ops;
    return info;
}

template <class T>
struct FieldTable {
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
    static constexpr std::size_t kCount = boost::mp11::mp_size<Members>::value;

    template <class D>
    static constexpr FieldInfo field() {
        using Value = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
        return FieldInfo{
            .name = D::name,
            .type = type_info<Value>(),
            .at = [](void* object) -> void* { return &(static_cast<T*>(object)->*D::pointer); },
            .doc = doc_of<T>(D::name),
        };
    }
    static std::span<const FieldInfo> fields() {
        static const auto kFields = []<class... D>(boost::mp11::mp_list<D...>) {
            return std::array<FieldInfo, sizeof...(D)>{field<D>()...};
        }(boost::mp11::mp_rename<Members, boost::mp11::mp_list>{});
        return kFields;
    }
};

template <class T>
TypeInfo make_info() {
    if constexpr (std::is_same_v<T, bool>) {
        return boolean_info<T>();
    } else if constexpr (std::is_enum_v<T>) {
        return enum_info<T>();
    } else if constexpr (std::is_integral_v<T>) {
        return integer_info<T>(BoundedRange<T>::kMin, BoundedRange<T>::kMax);
    } else if constexpr (requires {
                             T::kMin;
                             T::kMax;
                             typename T::Number;
                         }) {
        return integer_info<T>(T::kMin, T::kMax);
    } else if constexpr (std::is_same_v<T, std::string>) {
        return string_info<T>(Kind::text);
    } else if constexpr (std::is_same_v<T, Uuid> || IsId<T>::value) {
        return scalar_info<T>("uuid", 36);
    } else if constexpr (std::is_same_v<T, Instant>) {
        return scalar_info<T>("date-time", 0);
    } else if constexpr (std::is_same_v<T, Date>) {
        return scalar_info<T>("date", 10);
    } else if constexpr (std::is_same_v<T, RawJson>) {
        return string_info<T>(Kind::any);
    } else if constexpr (TextLike<T>) {
        return text_info<T>();
    } else if constexpr (kIs<T, std::vector>) {
        return container_info<T>(Kind::list, type_info<typename T::value_type>(), &kListOps<T>);
    } else if constexpr (kIs<T, std::optional>) {
        using Value = typename T::value_type;
        return container_info<T>(Kind::optional, type_info<Value>(), &kOptionalOps<Value>);
    } else if constexpr (kIs<T, Patch>) {
        using Value = typename decltype(T::value)::value_type;
        return container_info<T>(Kind::patch, type_info<Value>(), &kPatchOps<Value>);
    } else if constexpr (kIs<T, Sealed>) {
        using Value = typename decltype(T::value)::value_type;
        return container_info<T>(Kind::sealed, type_info<Value>(), &kSealedOps<Value>);
    } else if constexpr (requires {
                             T::kItemsMax;
                             typename T::value_type;
                         }) {
        TypeInfo info = container_info<T>(Kind::list, type_info<typename T::value_type>(), &kListOps<T>);
        info.items_min = T::kItemsMin;
        info.items_max = T::kItemsMax;
        return info;
    } else {
        static_assert(
            Described<T>, "a contract type needs BOOST_DESCRIBE_STRUCT or one of the kernel's value types"
        );
        TypeInfo info;
        info.kind = Kind::object;
        info.name = short_name<T>();
        info.fields = FieldTable<T>::fields();
        return info;
    }
}

}  // namespace detail

template <class T>
const TypeInfo* type_info() {
    static const TypeInfo kInfo = detail::make_info<T>();
    return &kInfo;
}

/// The entry of an event type in its context's list: `event<TaskMoved>(Task::kCategory)`.
template <class E>
EventType event(std::string_view category) {
    return EventType{
        .name = E::kType,
        .schema_version = E::kSchemaVersion,
        .category = category,
        .shape = type_info<E>(),
        .make = [] { return std::shared_ptr<void>(std::make_shared<E>()); },
        .upcast = nullptr,
    };
}

/// The entry of a stored version that is no longer written, with the pure function that turns it into the
/// next one.
template <auto Upcast, class Old>
EventType superseded_event(std::string_view category) {
    EventType type = event<Old>(category);
    type.upcast = [](const void* old) -> std::shared_ptr<const void> {
        auto next = Upcast(*static_cast<const Old*>(old));
        return std::make_shared<decltype(next)>(std::move(next));
    };
    return type;
}

/// The entry of a command in its context's list.
template <class C>
CommandShape command() {
    CommandShape entry{
        .name = C::kType,
        .shape = type_info<C>(),
        .make = [] { return std::shared_ptr<void>(std::make_shared<C>()); },
    };
    if constexpr (requires { C::kRejections; }) entry.rejections = C::kRejections;
    return entry;
}

/// The entry of an aggregate's state in its context's list.
template <class D>
StateShape state() {
    return StateShape{.category = D::kCategory, .shape = type_info<typename D::State>()};
}

}  // namespace annals::contract
