#pragma once

#include "domain/contract/event_catalogue.hpp"
#include "domain/contract/json_writer.hpp"
#include "domain/kernel/decider.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace annals::test {

/// An event as a failure message shows it: type name and JSON.
template <class Event>
std::string event_text(const Event& event) {
    return std::visit(
        [](const auto& e) {
            const auto& type = contract::event_type_of<std::remove_cvref_t<decltype(e)>>();
            std::string text(type.name);
            contract::write_json(*type.shape, &e, text);
            return text;
        },
        event
    );
}

template <class Event>
std::vector<std::string> event_texts(const std::vector<Event>& events) {
    std::vector<std::string> texts;
    for (const Event& event : events) texts.push_back(event_text(event));
    return texts;
}

/// What a decision led to. Every `then` also checks the idempotence law: the same command after its own
/// events yields no events, so that a repeat does no harm. `may_repeat` opts out where every occurrence
/// counts (a failed login).
template <Decider D>
class Outcome {
public:
    using Event = typename D::Event;
    using State = typename D::State;
    using Decide = std::function<Decision<Event>(const State&)>;

    Outcome(State state, Decide decide) : state_(std::move(state)), decide_(std::move(decide)) {}

    Outcome& may_repeat() {
        repeats_ = true;
        return *this;
    }

    void then(const std::vector<Event>& expected) const {
        const auto decision = decide_(state_);
        ASSERT_TRUE(decision) << "rejected: " << decision.error().code << ": " << decision.error().detail;
        EXPECT_EQ(event_texts(expected), event_texts(*decision));
        State after = state_;
        for (const Event& event : *decision) after = D::evolve(std::move(after), event);
        if (repeats_) return;
        const auto again = decide_(after);
        if (again)
            EXPECT_EQ(std::vector<std::string>{}, event_texts(*again)) << "a repeat must change nothing";
    }

    void then_nothing() const { then({}); }

    void then_rejected(const std::string& code, const std::vector<std::string>& pointers = {}) const {
        const auto decision = decide_(state_);
        ASSERT_FALSE(decision) << "not rejected";
        EXPECT_EQ(code, decision.error().code);
        std::vector<std::string> found;
        for (const FieldFault& fault : decision.error().faults) found.push_back(fault.pointer);
        EXPECT_EQ(pointers, found);
        EXPECT_FALSE(decision.error().detail.empty()) << "a rejection explains itself";
    }

private:
    State state_;
    Decide decide_;
    bool repeats_{false};
};

/// Specification by example: `given` past events, `when` a command comes, `then` these events or this
/// rejection.
///     Spec<Tenant>::given({created}).when(RenameTenant{...}).then({TenantRenamed{...}});
template <Decider D>
class Spec {
public:
    using Event = typename D::Event;
    using State = typename D::State;

    static Spec given(const std::vector<Event>& past) {
        State state = D::initial();
        for (const Event& event : past) state = D::evolve(std::move(state), event);
        return Spec(std::move(state));
    }

    template <class Command, class... Facts>
    Outcome<D> when(const Command& command, const Facts&... facts) const {
        return Outcome<D>(state_, [=](const State& state) { return D::decide(state, command, facts...); });
    }

    [[nodiscard]] const State& state() const { return state_; }

private:
    explicit Spec(State state) : state_(std::move(state)) {}
    State state_;
};

}  // namespace annals::test
