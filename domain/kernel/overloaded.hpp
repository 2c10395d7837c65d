#pragma once

namespace annals {

/// The usual visitor made of lambdas: `std::visit(Overloaded{...}, variant)` does not compile while an
/// alternative has no case, which is how a new event or command finds its holes.
template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

}  // namespace annals
