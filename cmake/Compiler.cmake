# Language level, warnings and the compilers we refuse.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    message(FATAL_ERROR
        "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines (temporaries in a co_await expression are "
        "destroyed twice). Use clang-19 (the presets do) or GCC 13 and newer.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR
        "Clang ${CMAKE_CXX_COMPILER_VERSION} does not see std::expected of libstdc++. Use clang-19.")
endif()

option(ANNALS_WERROR "Treat warnings as errors" ON)

add_library(annals_flags INTERFACE)
target_include_directories(annals_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(annals_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough
    $<$<BOOL:${ANNALS_WERROR}>:-Werror>)

# Sanitizers build at -O0 (see the presets): -O1 doubles the compile time of a coroutine file and finds
# nothing more.
find_program(ANNALS_MOLD mold)
find_program(ANNALS_LLD NAMES ld.lld-19 ld.lld)
if(ANNALS_MOLD)
    add_link_options(-fuse-ld=mold)
elseif(ANNALS_LLD)
    add_link_options(-fuse-ld=lld)
endif()
find_program(ANNALS_CCACHE ccache)
if(ANNALS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${ANNALS_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${ANNALS_CCACHE})
endif()

# annals_program(NAME): what every program of ours gets. Under ThreadSanitizer that is pthread's threads for
# librdkafka.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    add_library(annals_c11_threads OBJECT ${CMAKE_SOURCE_DIR}/tests/sanitizers/c11_threads.cpp)
    target_link_libraries(annals_c11_threads PRIVATE annals_flags)
endif()
function(annals_program name)
    if(TARGET annals_c11_threads)
        target_link_libraries(${name} PRIVATE annals_c11_threads)
    endif()
endfunction()
