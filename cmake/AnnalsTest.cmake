# annals_test(NAME LABEL unit|pg|kafka|e2e SOURCES a.cpp ... [LIBS extra libraries]) One executable per call;
# every TEST in it becomes a ctest case of its own with the given label. `./dev test` reads the labels to
# decide which servers a selection needs: pg = PostgreSQL, kafka and e2e = both.
include(GoogleTest)

function(annals_test name)
    cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LIBS" ${ARGN})
    if(NOT ARG_LABEL MATCHES "^(unit|pg|kafka|e2e)$")
        message(FATAL_ERROR
            "annals_test(${name}): LABEL must be unit, pg, kafka or e2e, not \"${ARG_LABEL}\"")
    endif()
    if(ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "annals_test(${name}): unknown arguments: ${ARG_UNPARSED_ARGUMENTS}")
    endif()
    add_executable(${name} ${ARG_SOURCES})
    annals_program(${name})
    target_link_libraries(${name} PRIVATE annals_flags annals_infra annals_api annals_projections
        annals_commands annals_domain ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
    # End-to-end tests measure deadlines of a whole process; beside a neighbour they would measure the
    # neighbour.
    set(serial FALSE)
    if(ARG_LABEL STREQUAL "e2e")
        set(serial TRUE)
    endif()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
        PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 300 RUN_SERIAL ${serial})
endfunction()

# annals_script_test(NAME LABEL tidy COMMAND ...): a test that is a script instead of a GoogleTest program.
function(annals_script_test name)
    cmake_parse_arguments(ARG "" "LABEL" "COMMAND" ${ARGN})
    add_test(NAME ${name} COMMAND ${ARG_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 120)
endfunction()
