# annals_test(NAME LABEL unit|pg|kafka|e2e|tidy SOURCES a.cpp ... [LIBS extra libraries])
# One executable per call; every TEST in it becomes a ctest case of its own with the given label.
include(GoogleTest)

function(annals_test name)
    cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE annals_flags annals_infra annals_api annals_projections annals_commands
        annals_domain ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
        PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 300)
endfunction()
