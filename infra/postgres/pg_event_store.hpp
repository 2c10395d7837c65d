#pragma once

#include "commands/ports/event_store.hpp"

#include <memory>
#include <string>

namespace annals::pg {

/// The log in PostgreSQL as annals_engine. Connects at the first call and again after a loss, with growing
/// delays in which calls fail at once. The session must not be shared with other statements: one store, one
/// connection.
std::unique_ptr<EventStore> make_pg_event_store(std::string dsn);

}  // namespace annals::pg
