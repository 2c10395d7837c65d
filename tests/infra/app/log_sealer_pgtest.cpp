#include "infra/app/log_sealer.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "projections/kernel/projection_store.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals::app {
namespace {

using namespace test;

const Uuid kAnna{uuid(31)};

class LogSealerOnPostgres : public ::testing::Test {
protected:
    LogSealerOnPostgres() {
        const SubjectKey key = cryptography.new_subject_key();
        std::string hex;
        for (const char byte : cryptography.wrap(kAnna, key)) {
            const auto bits = static_cast<unsigned char>(byte);
            hex += "0123456789abcdef"[bits >> 4U];
            hex += "0123456789abcdef"[bits & 0xFU];
        }
        database.run(
            "insert into log.subject_key (subject_id, tenant_id, wrapped_key) values ('" + kAnna.to_string() +
            "', '" + uuid(1).to_string() + "', decode('" + hex + "', 'hex'))"
        );
        sealed = LogSealer(database.engine_dsn(), cryptography).seal({}, kAnna, "name", "Anna");
    }
    std::optional<std::string> opened(const std::string& dsn, Cryptography& with) const {
        return LogSealer(dsn, with).open({}, kAnna, "name", sealed);
    }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
    crypto::SystemCryptography cryptography{crypto::MasterKey{crypto::Key::generate()}};
    std::string sealed;
};

TEST_F(LogSealerOnPostgres, OpensWhatWasSealed) {
    EXPECT_EQ(opened(database.engine_dsn(), cryptography), "Anna");
}

TEST_F(LogSealerOnPostgres, TellsADamagedKeyFromKeysThatCannotBeHadAtAll) {
    crypto::SystemCryptography another{crypto::MasterKey{crypto::Key::generate()}};
    EXPECT_THROW((void)opened(database.engine_dsn(), another), ProjectionStoreUnavailable);
    const std::string nowhere = "host=127.0.0.1 port=1 user=nobody dbname=none";
    EXPECT_THROW((void)opened(nowhere, cryptography), ProjectionStoreUnavailable);
    database.run(
        "update log.subject_key set wrapped_key = set_byte(wrapped_key, length(wrapped_key) - 1,"
        " 255 - get_byte(wrapped_key, length(wrapped_key) - 1))"
    );
    try {
        (void)opened(database.engine_dsn(), cryptography);
        FAIL() << "the key is damaged";
    } catch (const ProjectionStoreUnavailable& away) {
        FAIL() << away.what();
    } catch (const std::runtime_error& damaged) {
        EXPECT_NE(std::string(damaged.what()).find(kAnna.to_string()), std::string::npos) << damaged.what();
    }
}

}  // namespace
}  // namespace annals::app
