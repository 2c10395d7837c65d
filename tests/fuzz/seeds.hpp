#pragma once

#include <string>
#include <vector>

namespace annals::test::fuzz {

/// One file of the corpora; `path` is relative to tests/fuzz/corpus.
struct Seed {
    std::string path;
    std::string bytes;
};

/// A full and a minimal document for each command and each stored version of an event, made from their
/// tables.
std::vector<Seed> catalogue_seeds();

/// What processes send each other: bundles of commands, and the answers to them.
std::vector<Seed> bundle_seeds();

}  // namespace annals::test::fuzz
