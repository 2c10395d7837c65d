#include "infra/postgres/connection.hpp"
#include "infra/postgres/dsn.hpp"
#include "tests/infra/postgres/append_samples.hpp"
#include "tests/support/pg_fixture.hpp"

#include <gtest/gtest.h>

namespace annals {
namespace {

using namespace test;
using pg::ArrayParam;
using pg::ElementType;
using pg::ErrorKind;
using pg::Params;
using pg::Statement;

class Connection : public ::testing::Test {
protected:
    std::string echo(const char* sql, const Params& params) {
        const pg::Rows rows = connection.query({"", sql}, params, pg::Format::text);
        return std::string(rows.at(0, 0).value_or("null"));
    }
    ErrorKind kind_of(const std::string& sql) {
        try {
            connection.execute(sql);
        } catch (const pg::PgError& error) {
            return error.kind();
        }
        ADD_FAILURE() << "no error: " << sql;
        return ErrorKind::other;
    }

    pg::Connection connection{test_cluster_dsn(), pg::kProjectorSession};
};

TEST_F(Connection, SendsArraysOfEveryElementTypeWithNulls) {
    ArrayParam int2(ElementType::int2);
    int2.add(std::int64_t{-32768});
    int2.add_null();
    EXPECT_EQ(echo("select $1::smallint[]::text", Params{}.array(int2)), "{-32768,NULL}");
    ArrayParam int4(ElementType::int4);
    int4.add(std::int64_t{-7});
    EXPECT_EQ(echo("select $1::int[]::text", Params{}.array(int4)), "{-7}");
    ArrayParam int8(ElementType::int8);
    int8.add(std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(echo("select $1::bigint[]::text", Params{}.array(int8)), "{-9223372036854775808}");
    ArrayParam text(ElementType::text);
    text.add(std::string_view("a\"b"));
    text.add(std::string_view(""));
    text.add_null();
    EXPECT_EQ(echo("select array_to_json($1::text[])::text", Params{}.array(text)), R"(["a\"b","",null])");
    ArrayParam bytea(ElementType::bytea);
    bytea.add(std::string_view("\0\xff", 2));
    EXPECT_EQ(echo("select encode(($1::bytea[])[1], 'hex')", Params{}.array(bytea)), "00ff");
    ArrayParam uuid(ElementType::uuid);
    uuid.add(uuid_of(0xab));
    EXPECT_EQ(
        echo("select ($1::uuid[])[1]::text", Params{}.array(uuid)), "01930000-0000-7000-8000-0000000000ab"
    );
    ArrayParam instants(ElementType::timestamptz);
    instants.add(Instant{-1});
    EXPECT_EQ(
        echo("select extract(epoch from ($1::timestamptz[])[1])::text", Params{}.array(instants)), "-0.000001"
    );
    EXPECT_EQ(
        echo("select cardinality($1::int[])::text", Params{}.array(ArrayParam(ElementType::int4))), "0"
    );
}

TEST_F(Connection, AnArrayOfAnotherElementTypeIsRefusedByName) {
    ArrayParam wrong(ElementType::int8);
    wrong.add(std::int64_t{1});
    try {
        echo("select $1::int[]::text", Params{}.array(wrong));
        FAIL();
    } catch (const pg::PgError& error) {
        EXPECT_STREQ(
            error.what(), "binary data has array element type 20 (bigint) instead of expected 23 (integer)"
        );
    }
}

TEST_F(Connection, SendsAndReadsScalars) {
    const Statement echo_all{
        "echo",
        "select $1::int2, $2::int4, $3::int8, $4::uuid, $5::timestamptz, $6::bytea, $7::bool, $8::text, "
        "$9::text"
    };
    const Instant instant{1'763'700'000'000'001};
    for (int i = 0; i < 2; ++i) {
        const pg::Rows row = connection.query(
            echo_all, Params{}
                          .int2(-1)
                          .int4(-2)
                          .int8(-3)
                          .uuid(uuid_of(4))
                          .timestamptz(instant)
                          .bytea(std::string_view("\0x", 2))
                          .boolean(true)
                          .text("\xC3\xBC")
                          .null()
        );
        EXPECT_EQ(row.integer(0, 0), -1);
        EXPECT_EQ(row.integer(0, 1), -2);
        EXPECT_EQ(row.integer(0, 2), -3);
        EXPECT_EQ(row.uuid(0, 3), uuid_of(4));
        EXPECT_EQ(row.instant(0, 4), instant);
        EXPECT_EQ(row.bytes(0, 5), std::string_view("\0x", 2));
        EXPECT_TRUE(row.boolean(0, 6));
        EXPECT_EQ(row.bytes(0, 7), "\xC3\xBC");
        EXPECT_EQ(row.at(0, 8), std::nullopt);
    }
}

TEST_F(Connection, TellsErrorsApart) {
    EXPECT_EQ(kind_of("select * from nowhere"), ErrorKind::missing_object);
    EXPECT_EQ(kind_of("set role annals_engine; set role postgres; select 1/0"), ErrorKind::invalid);
    EXPECT_EQ(kind_of("select from where"), ErrorKind::other);
    connection.execute("create temporary table one (i int constraint only_one unique)");
    try {
        connection.execute("insert into one values (1), (1)");
        FAIL();
    } catch (const pg::PgError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unique_violation);
        EXPECT_EQ(error.constraint(), "only_one");
        EXPECT_TRUE(error.table().ends_with(".one"));
    }
    connection.execute("set statement_timeout = 20");
    EXPECT_EQ(kind_of("select pg_sleep(10)"), ErrorKind::statement_timeout);
    EXPECT_EQ(pg::classify("53100"), ErrorKind::no_space);
    EXPECT_EQ(pg::classify("40P01"), ErrorKind::conflict);
    EXPECT_EQ(pg::classify("40001"), ErrorKind::conflict);
    EXPECT_EQ(pg::classify("57P01"), ErrorKind::connection_lost);
    EXPECT_EQ(pg::classify("08006"), ErrorKind::connection_lost);
}

TEST_F(Connection, APipelineIsOneTransactionAndLeavesThingsInOrderAfterAFailure) {
    connection.execute("create temporary table kept (i int)");
    const Statement insert{"insert_kept", "insert into kept values ($1::int)"};
    const Statement divide{"divide", "select 1 / $1::int"};
    const Params zero = Params{}.int4(0);
    const Params one = Params{}.int4(1);
    for (int i = 0; i < 2; ++i) {
        EXPECT_THROW(
            connection.pipeline(
                std::array{pg::Call{&insert, &one}, pg::Call{&divide, &zero}, pg::Call{&insert, &one}}
            ),
            pg::PgError
        );
        EXPECT_EQ(connection.execute("select * from kept").size(), 0U);
    }
    const auto rows = connection.pipeline(
        std::array{pg::Call{&insert, &one}, pg::Call{&divide, &one}, pg::Call{&insert, &one}}
    );
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].changed(), 1U);
    EXPECT_EQ(rows[1].integer(0, 0), 1);
    EXPECT_EQ(connection.execute("select * from kept").size(), 2U);
}

TEST_F(Connection, ATransactionThatIsNotCommittedLeavesNothing) {
    connection.execute("create temporary table kept (i int)");
    {
        pg::Transaction transaction(connection);
        connection.execute("insert into kept values (1)");
    }
    EXPECT_EQ(connection.execute("select * from kept").size(), 0U);
    pg::Transaction transaction(connection);
    connection.execute("insert into kept values (1)");
    transaction.commit();
    EXPECT_EQ(connection.execute("select * from kept").size(), 1U);
}

TEST_F(Connection, CopiesRowsOutOneAfterTheOther) {
    // The last rows are larger than what libpq or the socket hold at a time.
    std::size_t rows = 0;
    connection.copy_out(
        "copy (select repeat('x', n * n * n) from generate_series(1, 80) n) to stdout",
        [&](std::string_view row) {
            ++rows;
            EXPECT_EQ(row.size(), rows * rows * rows + 1);
            EXPECT_EQ(row.find_first_not_of('x'), row.size() - 1) << "a row ends in a line feed";
        }
    );
    EXPECT_EQ(rows, 80U);
    const auto none = [](std::string_view) { ADD_FAILURE() << "there are no rows"; };
    connection.copy_out("copy (select 1 where false) to stdout", none);
    EXPECT_EQ(connection.execute("select 7").at(0, 0), "7");
}

TEST_F(Connection, GoesOnAfterACopyThatFails) {
    const auto ignore = [](std::string_view) {};
    const auto kind_of_copy = [&](const char* sql) {
        try {
            connection.copy_out(sql, ignore);
        } catch (const pg::PgError& error) {
            return error.kind();
        }
        ADD_FAILURE() << "no error: " << sql;
        return ErrorKind::cannot_connect;
    };
    EXPECT_EQ(kind_of_copy("copy nowhere.nothing to stdout"), ErrorKind::missing_object);
    EXPECT_EQ(connection.execute("select 7").at(0, 0), "7");
    // The first rows come before the one that fails.
    EXPECT_EQ(
        kind_of_copy("copy (select 1 / (9000 - n) from generate_series(1, 9000) n) to stdout"),
        ErrorKind::invalid
    );
    EXPECT_EQ(connection.execute("select 7").at(0, 0), "7");
    EXPECT_EQ(kind_of_copy("select 1"), ErrorKind::connection_lost);
    EXPECT_FALSE(connection.usable());
}

TEST_F(Connection, IsLostWhenACopyIsNotReadToItsEnd) {
    const auto stop = [](std::string_view) { throw std::runtime_error("enough"); };
    EXPECT_THROW(
        connection.copy_out("copy (select generate_series(1, 9)) to stdout", stop), std::runtime_error
    );
    EXPECT_FALSE(connection.usable());
    EXPECT_THROW(connection.execute("select 7"), pg::PgError);
}

TEST_F(Connection, LosesItselfWithTheSessionAndSaysSo) {
    try {
        connection.execute("select pg_terminate_backend(pg_backend_pid())");
        FAIL();
    } catch (const pg::PgError& error) {
        EXPECT_TRUE(error.in_doubt());
    }
    EXPECT_FALSE(connection.usable());
    try {
        connection.execute("select 1");
        FAIL();
    } catch (const pg::PgError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::cannot_connect);
    }
}

TEST_F(Connection, SetsItsLimits) {
    EXPECT_EQ(connection.execute("show statement_timeout").at(0, 0), "1min");
    EXPECT_EQ(connection.execute("show lock_timeout").at(0, 0), "2s");
    EXPECT_EQ(connection.execute("show idle_in_transaction_session_timeout").at(0, 0), "10s");
    EXPECT_EQ(connection.execute("show application_name").at(0, 0), "annals-projector");
}

TEST(Dsn, KeywordsAreReadAndReplaced) {
    EXPECT_EQ(pg::dsn_value("host=/tmp user='a b'", "user"), "a b");
    EXPECT_EQ(pg::dsn_value("host=/tmp", "user"), "");
    EXPECT_EQ(pg::dsn_value("postgresql://me@host:5/db", "user"), "me");
    const std::string dsn = pg::dsn_with("postgresql://me@host:5/db", "user", "it's");
    EXPECT_EQ(pg::dsn_value(dsn, "user"), "it's");
    EXPECT_EQ(pg::dsn_value(dsn, "dbname"), "db");
    EXPECT_EQ(pg::dsn_value(dsn, "port"), "5");
    EXPECT_THROW(pg::dsn_with("what is this", "user", "x"), pg::PgError);
}

}  // namespace
}  // namespace annals
