#include "api/kernel/route.hpp"
#include "api/openapi/asyncapi.hpp"
#include "api/openapi/openapi.hpp"
#include "infra/app/commands.hpp"

#include <cstdio>

namespace annals::app {

int print_config(const runtime::Config& config, bool json) {
    std::printf("%s\n", (json ? config.to_json() : config.to_table()).c_str());
    return 0;
}

int print_openapi() {
    std::printf("%s\n", api::openapi_document(api::all_routes()).c_str());
    return 0;
}

int print_asyncapi() {
    std::printf("%s\n", api::asyncapi_document(contract::event_catalogue(), {}).c_str());
    return 0;
}

}  // namespace annals::app
