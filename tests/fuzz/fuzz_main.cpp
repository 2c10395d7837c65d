#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// The entry points that libFuzzer calls. ANNALS_FUZZ_TARGET in the environment names the target.
namespace {

const annals::test::fuzz::Target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* name = std::getenv("ANNALS_FUZZ_TARGET");
    const std::string_view wanted = name == nullptr ? "" : name;
    const auto* found =
        std::ranges::find(annals::test::fuzz::kTargets, wanted, &annals::test::fuzz::Target::name);
    if (found == std::end(annals::test::fuzz::kTargets)) {
        std::fprintf(stderr, "ANNALS_FUZZ_TARGET names no target; ./dev fuzz sets it\n");
        std::exit(64);
    }
    chosen = found;
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        chosen->run({reinterpret_cast<const char*>(data), size});
    } catch (const annals::test::fuzz::Broken& broken) {
        // libFuzzer keeps the bytes that were being tried when the process aborts.
        std::fprintf(stderr, "broken: %s\n", broken.what());
        std::abort();
    }
    return 0;
}
