#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

// What arrives from outside is read by code that must hold for any bytes. A target feeds bytes to one such
// reader and states what must be true of the outcome. `./dev fuzz` lets libFuzzer look for bytes for which
// it is not; corpus_test.cpp repeats every seed and everything that was ever found.
namespace annals::test::fuzz {

/// A statement about the code under test does not hold for these bytes.
class Broken : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Throws Broken when `holds` is false.
inline void require(bool holds, const std::string& what) {
    if (!holds) throw Broken(what);
}

/// One reader under test. `run` may be called any number of times on one thread; it throws Broken, or
/// crashes, when the reader is wrong.
struct Target {
    std::string_view name;  ///< also of its folders below corpus/ and found/
    void (*run)(std::string_view bytes);
};

void run_request_gate(std::string_view bytes);
void run_command(std::string_view bytes);
void run_event_line(std::string_view bytes);
void run_cursor(std::string_view bytes);
void run_config(std::string_view bytes);
void run_bundle(std::string_view bytes);

inline constexpr Target kTargets[] = {
    {"request_gate", run_request_gate},
    {"command", run_command},
    {"event_line", run_event_line},
    {"cursor", run_cursor},
    {"config", run_config},
    {"bundle", run_bundle},
};

}  // namespace annals::test::fuzz
