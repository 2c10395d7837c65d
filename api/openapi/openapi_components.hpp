#pragma once

#include "api/kernel/route.hpp"
#include "api/openapi/json_schema.hpp"

#include <span>

namespace annals::api {

// The parts of the OpenAPI document that many operations share. Each writes members into the present object.

void write_shared_parameters(JsonText& json);  ///< "parameters"
void write_shared_headers(JsonText& json);     ///< "headers"
void write_shared_problems(JsonText& json);    ///< "responses": one for each code of the problem catalogue
void write_shared_schemas(JsonText& json);     ///< Problem, CommandAnswer, CommandBatch, CommandBatchAnswer

/// The form of each command for POST /commands, and Command, which is any of them.
void write_command_schemas(JsonText& json, std::span<const CommandType* const> commands, SchemaSet& schemas);

}  // namespace annals::api
