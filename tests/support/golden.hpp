#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <optional>
#include <string>

// Golden files: what was right once and must stay so. They live under tests/contract/golden; a test that
// finds one missing or different fails, and GOLDEN_UPDATE=1 writes it anew, so that the change shows up in
// review.
namespace annals::test {

/// The project's root: ANNALS_SOURCE_DIR, or the first folder above the working directory that has the golden
/// files.
inline std::filesystem::path source_root() {
    if (const char* given = std::getenv("ANNALS_SOURCE_DIR")) return given;
    std::filesystem::path root = std::filesystem::current_path();
    while (root.has_relative_path() && !std::filesystem::exists(root / "tests/contract/golden")) {
        root = root.parent_path();
    }
    return root;
}

inline std::filesystem::path golden_path(const std::string& name) {
    return source_root() / "tests/contract/golden" / name;
}

inline bool golden_update() {
    const char* wanted = std::getenv("GOLDEN_UPDATE");
    return wanted != nullptr && std::string(wanted) == "1";
}

/// Nothing when there is no such file. The line feed at the end of the file is no part of the text.
inline std::optional<std::string> read_golden(const std::string& name) {
    std::ifstream file(golden_path(name), std::ios::binary);
    if (!file) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

inline void write_golden(const std::string& name, const std::string& text) {
    const auto path = golden_path(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text << '\n';
}

/// Fails when `actual` is not what the golden file says.
inline void expect_golden(const std::string& name, const std::string& actual) {
    if (golden_update()) write_golden(name, actual);
    const auto expected = read_golden(name);
    ASSERT_TRUE(expected) << "no golden file " << golden_path(name) << "; GOLDEN_UPDATE=1 writes it";
    EXPECT_EQ(*expected, actual) << "differs from " << golden_path(name) << "; GOLDEN_UPDATE=1 rewrites it";
}

}  // namespace annals::test
