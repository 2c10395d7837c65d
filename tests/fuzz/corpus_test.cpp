#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/seeds.hpp"
#include "tests/support/golden.hpp"

#include <gtest/gtest.h>

// Repeats every seed, and every input that ever broke something, against the targets of the fuzzers.
namespace annals::test::fuzz {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Answers how many files there were.
std::size_t repeat_folder(const Target& target, const fs::path& folder) {
    std::size_t files = 0;
    if (!fs::exists(folder)) return files;
    for (const auto& file : fs::directory_iterator(folder)) {
        ++files;
        try {
            target.run(content_of(file.path()));
        } catch (const Broken& broken) {
            ADD_FAILURE() << file.path() << ": " << broken.what();
        }
    }
    return files;
}

class FuzzCorpus : public testing::TestWithParam<Target> {};

TEST_P(FuzzCorpus, BreaksNothing) {
    const fs::path root = source_root() / "tests/fuzz";
    EXPECT_GT(repeat_folder(GetParam(), root / "corpus" / GetParam().name), 0U) << "no seeds";
    repeat_folder(GetParam(), root / "found" / GetParam().name);
}

TEST_P(FuzzCorpus, HoldsForBytesThatMeanNothing) {
    for (const std::string_view bytes : {"", "\0", "\xff\xfe", "{", "\r\n\r\n", "[[[[[[[["}) {
        EXPECT_NO_THROW(GetParam().run(bytes));
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(kTargets), [](const auto& info) {
    return std::string(info.param.name);
});

void expect_in_corpus(const std::vector<Seed>& seeds) {
    for (const Seed& seed : seeds) {
        const fs::path path = source_root() / "tests/fuzz/corpus" / seed.path;
        if (golden_update()) {
            fs::create_directories(path.parent_path());
            std::ofstream(path, std::ios::binary) << seed.bytes;
        }
        EXPECT_EQ(seed.bytes, content_of(path)) << path << "; GOLDEN_UPDATE=1 writes it";
    }
}

/// The seeds follow the catalogues: a command or an event that has none is not fuzzed.
TEST(FuzzSeeds, AreThereForEveryCommandAndEvent) {
    expect_in_corpus(catalogue_seeds());
}

TEST(FuzzSeeds, AreThereForWhatProcessesSendEachOther) {
    expect_in_corpus(bundle_seeds());
}

}  // namespace
}  // namespace annals::test::fuzz
