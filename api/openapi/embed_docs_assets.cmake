# cmake -D NPM=npm -D WEB=source/folder -D WORK=build/folder -D OUTPUT=file.cpp -P embed_docs_assets.cmake
# Fetches what web/package-lock.json names into WORK and writes a source file that takes the bytes in with
# .incbin: compilers read megabytes of literals slowly. Without npm, or when it fails, only our own files
# are taken in.
cmake_policy(VERSION 3.25)
set(npm_timeout_s 180)
set(dist "${WORK}/node_modules/swagger-ui-dist")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(COPY "${WEB}/package.json" "${WEB}/package-lock.json" "${WEB}/.npmrc" "${WEB}/docs_init.js"
    "${WEB}/docs_style.css" DESTINATION "${WORK}")

set(fetched FALSE)
if(NPM)
    execute_process(
        COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000
        WORKING_DIRECTORY "${WORK}" TIMEOUT ${npm_timeout_s}
        RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE reason)
    if(status EQUAL 0 AND EXISTS "${dist}/swagger-ui-bundle.js")
        set(fetched TRUE)
    else()
        message(STATUS "npm cannot fetch the interactive page (${status}); /docs is plain.\n${reason}")
    endif()
else()
    message(STATUS "npm is not installed; /docs is a plain page")
endif()

set(files "docs_style.css|${WORK}/docs_style.css|text/css")
if(fetched)
    list(APPEND files
        "docs_init.js|${WORK}/docs_init.js|text/javascript"
        "swagger-ui.css|${dist}/swagger-ui.css|text/css"
        "swagger-ui-bundle.js|${dist}/swagger-ui-bundle.js|text/javascript"
        "favicon-32x32.png|${dist}/favicon-32x32.png|image/png"
        "LICENSE.txt|${dist}/LICENSE|text/plain"
        "NOTICE.txt|${dist}/NOTICE|text/plain"
        "swagger-ui-bundle.js.LICENSE.txt|${dist}/swagger-ui-bundle.js.LICENSE.txt|text/plain")
endif()

set(blobs "")
set(externs "")
set(rows "")
set(number 0)
foreach(entry IN LISTS files)
    string(REPLACE "|" ";" parts "${entry}")
    list(GET parts 0 name)
    list(GET parts 1 path)
    list(GET parts 2 type)
    if(NOT type STREQUAL "image/png")
        string(APPEND type "; charset=utf-8")
    endif()
    set(symbol "annals_docs_asset_${number}")
    file(SHA256 "${path}" sha256)
    string(SUBSTRING "${sha256}" 0 16 tag)
    string(APPEND blobs "__asm__(\".section .rodata\\n.balign 16\\n.global ${symbol}\\n${symbol}:\\n\"
        \".incbin \\\"${path}\\\"\\n.global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n.previous\\n\");\n")
    string(APPEND externs "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
    string(APPEND rows "        {\"${name}\", \"${type}\", \"\\\"${tag}\\\"\",
         {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}.new" "#include \"api/openapi/docs_assets.hpp\"

#include <array>

${blobs}
extern \"C\" {
${externs}}

namespace annals::api {
std::span<const DocsAsset> docs_assets() {
    static const std::array kAssets = std::to_array<DocsAsset>({
${rows}    });
    return kAssets;
}
}  // namespace annals::api
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
