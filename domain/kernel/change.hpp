#pragma once

#include <boost/describe/class.hpp>

namespace annals {

/// A field before and after. Events that change something carry both, so that history, undo, conflict
/// detection and outside consumers need no second look-up.
template <class T>
struct Change {
    T before{};
    T after{};

    friend bool operator==(const Change&, const Change&) = default;
    BOOST_DESCRIBE_CLASS(Change, (), (before, after), (), ())
};

}  // namespace annals
