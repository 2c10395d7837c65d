#pragma once

#include <cstdio>
#include <cstdlib>

/// Aborts when a statement about our own code does not hold. Always on, in release builds too: going on with
/// a broken invariant would write wrong events that can never be taken back. Never used for anything a user
/// can cause.
#define ANNALS_ASSERT(condition, message)                                                             \
    do {                                                                                              \
        if (!(condition)) [[unlikely]] {                                                              \
            std::fprintf(                                                                             \
                stderr, "%s:%d: invariant broken: %s (%s)\n", __FILE__, __LINE__, message, #condition \
            );                                                                                        \
            std::abort();                                                                             \
        }                                                                                             \
    } while (false)
