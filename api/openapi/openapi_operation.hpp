#pragma once

#include "api/kernel/route.hpp"
#include "api/openapi/json_schema.hpp"

namespace annals::api {

/// Writes one operation into the present object, which is the path's item, under its method.
void write_operation(JsonText& json, const Route& route, SchemaSet& schemas);

/// The name that the form of a command for POST /commands has among the schemas: "MoveTaskCommand".
std::string form_schema_name(const CommandType& command);

inline constexpr std::string_view kSchemaPlace = "#/components/schemas/";
inline constexpr std::string_view kParameterPlace = "#/components/parameters/";
inline constexpr std::string_view kHeaderPlace = "#/components/headers/";
inline constexpr std::string_view kResponsePlace = "#/components/responses/";

}  // namespace annals::api
