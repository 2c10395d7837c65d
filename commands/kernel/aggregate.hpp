#pragma once

#include "domain/contract/event_catalogue.hpp"
#include "domain/kernel/decider.hpp"

#include <memory>
#include <string_view>
#include <utility>
#include <variant>

namespace annals {

/// A decider without its C++ types, for caches and folds that hold many kinds of aggregates. States are
/// immutable.
struct AggregateType {
    std::string_view category;
    std::shared_ptr<const void> (*initial)();
    /// The state after one more event. An event of another category leaves it as it is.
    std::shared_ptr<const void> (*evolve)(const void* state, const contract::AnyEvent& event);
};

namespace detail {

template <class Variant, class Use, std::size_t... I>
void with_alternative(const contract::AnyEvent& event, Use&& use, std::index_sequence<I...>) {
    const auto try_one = [&]<class E>(const E* data) {
        if (data != nullptr) use(Variant(*data));
        return data != nullptr;
    };
    (void)(try_one(event.as<std::variant_alternative_t<I, Variant>>()) || ...);
}

}  // namespace detail

template <Decider D>
const AggregateType& aggregate_type() {
    static constexpr AggregateType kType{
        .category = D::kCategory,
        .initial = []() -> std::shared_ptr<const void> {
            return std::make_shared<const typename D::State>(D::initial());
        },
        .evolve = [](const void* state, const contract::AnyEvent& event) -> std::shared_ptr<const void> {
            auto next = std::make_shared<typename D::State>(*static_cast<const typename D::State*>(state));
            using Variant = typename D::Event;
            detail::with_alternative<Variant>(
                event, [&](const Variant& known) { *next = D::evolve(std::move(*next), known); },
                std::make_index_sequence<std::variant_size_v<Variant>>{}
            );
            return next;
        },
    };
    return kType;
}

}  // namespace annals
