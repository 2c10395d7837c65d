# cmake -D OUTPUT=file.cpp -D DIRECTORY=migrations -P embed_migrations.cmake
# Writes the migrations, in the order of their numbers, as constants with their SHA-256.
cmake_policy(VERSION 3.25)
file(GLOB files "${DIRECTORY}/*.sql")
list(SORT files)
set(rows "")
set(seen "")
foreach(path IN LISTS files)
    get_filename_component(name "${path}" NAME_WE)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z]+_[a-z0-9_]+$")
        message(FATAL_ERROR "${path}: a migration is named NNNN_<context>_<what>.sql")
    endif()
    set(number "${CMAKE_MATCH_1}")
    if(number IN_LIST seen)
        message(FATAL_ERROR "${path}: the number ${number} is taken by another migration")
    endif()
    list(APPEND seen "${number}")
    string(REGEX REPLACE "^0+" "" plain "${number}")
    file(SHA256 "${path}" sha256)
    file(READ "${path}" sql)
    # Binaries that do not know this migration may serve beside it when they know the one it names here.
    set(compatible_since 0)
    if(sql MATCHES "^-- Works with binaries that know ([0-9][0-9][0-9][0-9])\\.\n")
        string(REGEX REPLACE "^0+" "" compatible_since "${CMAKE_MATCH_1}")
    endif()
    # clang takes string literals of any length, but the standard promises 64 KiB: cut long files into pieces.
    string(LENGTH "${sql}" length)
    set(literal "")
    set(from 0)
    while(from LESS length)
        string(SUBSTRING "${sql}" ${from} 16000 piece)
        string(APPEND literal "R\"annals_sql(${piece})annals_sql\"")
        math(EXPR from "${from} + 16000")
    endwhile()
    string(APPEND rows "    {${plain}, \"${name}\", \"${sha256}\", ${literal}, ${compatible_since}},\n")
endforeach()
file(WRITE "${OUTPUT}.new" "#include \"infra/postgres/migrate.hpp\"

namespace annals::pg {
namespace {
constexpr Migration kMigrations[] = {
${rows}};
}  // namespace
std::span<const Migration> embedded_migrations() { return kMigrations; }
}  // namespace annals::pg
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
