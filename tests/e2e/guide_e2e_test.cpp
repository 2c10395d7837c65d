#include "tests/support/served_instance.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace annals::test {
namespace {

TEST(Guide, OfTheFirstHourSaysWhatReallyHappens) {
    ServedInstance instance;
    const TemporaryFolder folder;
    // The guide's ./dev psql, for this database instead of the one that ./dev up makes.
    std::ofstream(folder.file("dev")) << "#!/bin/bash\n[[ $1 == psql ]] || exit 64\nshift\n"
                                      << "exec psql -X -d \"$GUIDE_DSN\" \"$@\"\n";
    std::filesystem::permissions(folder.file("dev"), std::filesystem::perms::owner_all);
    const std::string sources = ANNALS_TEST_SOURCES;
    const ProgramEnd run = run_program(
        {"python3", sources + "/tests/e2e/run_guide.py", sources + "/docs/guides/first-hour.md"},
        {{"ANNALS_HOME", instance.home()},
         {"ANNALS_BIN", annals_binary()},
         {"GUIDE_DSN", instance.database().owner_dsn()}},
        std::chrono::seconds(60), folder.path()
    );
    EXPECT_EQ(run.exit_code, 0) << run.output << run.errors;
}

}  // namespace
}  // namespace annals::test
