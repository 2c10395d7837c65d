#include "infra/crypto/key_file.hpp"

#include "infra/crypto/encoding.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/crypto/signing_key.hpp"
#include "infra/runtime/config_error.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace annals::crypto {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class KeyFile : public testing::Test {
protected:
    KeyFile() {
        std::string pattern = (fs::temp_directory_path() / "annals-key-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~KeyFile() override { fs::remove_all(folder_); }

    [[nodiscard]] std::string path(const std::string& name = "master.key") const {
        return (folder_ / name).string();
    }

    std::string write(const std::string& bytes, mode_t mode = 0600) const {
        std::ofstream(path(), std::ios::binary) << bytes;
        chmod(path().c_str(), mode);
        return path();
    }

    static std::string refusal(const std::function<void()>& action) {
        try {
            action();
        } catch (const runtime::ConfigError& error) {
            return error.what();
        }
        return "nothing was refused";
    }

    fs::path folder_;
};

mode_t mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
}

TEST_F(KeyFile, IsMadeOnceWithRightsForTheOwnerAlone) {
    const auto file = path("keys/master.key");
    EXPECT_TRUE(create_key_file(file, "master key"));
    EXPECT_EQ(mode_of(file), 0600U);
    EXPECT_EQ(mode_of(fs::path(file).parent_path()), 0700U);
    const auto first = read_key_file(file, "master key");
    EXPECT_FALSE(create_key_file(file, "master key"));
    EXPECT_EQ(read_key_file(file, "master key"), first);
    // Nothing is left beside it.
    EXPECT_EQ(
        std::distance(fs::directory_iterator(fs::path(file).parent_path()), fs::directory_iterator{}), 1
    );
}

TEST_F(KeyFile, IsReadAsRawBytes) {
    const auto key = read_key_file(write(std::string(32, 'k')), "master key");
    EXPECT_EQ(to_hex(key.bytes()), to_hex(as_bytes(std::string(32, 'k'))));
}

TEST_F(KeyFile, IsRefusedWhenMissingWithTheCommandThatMakesOne) {
    const auto message = refusal([&] { MasterKey::load(path()); });
    EXPECT_THAT(message, AllOf(HasSubstr("master key " + path() + " is missing"), HasSubstr("/dev/urandom")));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
}

TEST_F(KeyFile, IsRefusedWhenOpenToOthers) {
    for (const mode_t mode : {0644U, 0640U, 0604U, 0620U, 0610U, 0666U}) {
        const auto file = write(std::string(32, 'k'), mode);
        EXPECT_THAT(refusal([&] { MasterKey::load(file); }), HasSubstr("run: chmod 600 " + file)) << mode;
    }
    EXPECT_NO_THROW(MasterKey::load(write(std::string(32, 'k'), 0400)));
}

TEST_F(KeyFile, IsRefusedInAnotherSize) {
    for (const std::size_t size : {0UL, 1UL, 31UL, 33UL, 64UL}) {
        const auto file = write(std::string(size, 'k'));
        EXPECT_THAT(
            refusal([&] { MasterKey::load(file); }), HasSubstr(std::to_string(size) + " bytes, expected 32")
        );
    }
}

TEST_F(KeyFile, IsRefusedWhenItIsNoRegularFile) {
    EXPECT_THAT(
        refusal([&] { read_key_file(folder_.string(), "master key"); }), HasSubstr("not a regular file")
    );
    fs::create_symlink(write(std::string(32, 'k')), path("link"));
    EXPECT_THAT(refusal([&] { read_key_file(path("link"), "master key"); }), HasSubstr("cannot be read"));
}

TEST_F(KeyFile, IsTheSameForAllWhoRaceToMakeIt) {
    std::vector<std::string> kids(8);
    {
        std::vector<std::jthread> threads;
        for (auto& kid : kids) {
            threads.emplace_back([&] {
                kid = SigningKey::load_or_create(path("signing.key")).public_key().kid();
            });
        }
    }
    for (const auto& kid : kids) EXPECT_EQ(kid, kids.front());
    EXPECT_EQ(kids.front().size(), 43U);
}

TEST(MasterKey, DerivesTheSameDistinctSubKeysForEver) {
    const MasterKey master{Key{std::array<std::uint8_t, 32>{}}};
    // Stored data depends on these; a change here loses it.
    EXPECT_EQ(
        to_hex(master.derive(KeyPurpose::subject_wrap).bytes()),
        "1aca8c3fbabc5ac0d4c01d465cf9f168f05c4d9f9a019e4e9b2c38b2e002df64"
    );
    EXPECT_EQ(
        to_hex(master.derive(KeyPurpose::blind_index).bytes()),
        "3538a9f8947646b435f6e56a2056784bd1d69a267bf26ac94ab478d97ed64ca2"
    );
    EXPECT_EQ(
        to_hex(master.derive(KeyPurpose::cursor).bytes()),
        "f5a9cd1bd7227cd05fc248b7ceb1f46682cf7b23bafa5d722e1cb9a39c722cb1"
    );
}

}  // namespace
}  // namespace annals::crypto
