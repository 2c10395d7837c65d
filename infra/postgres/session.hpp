#pragma once

#include "infra/postgres/limits.hpp"

namespace annals::pg {

/// What a session is for: its name in pg_stat_activity and its time limits (0: none).
struct SessionSettings {
    const char* application_name;
    int statement_timeout_ms;
    int lock_timeout_ms;
    const char* more;  ///< further SET statements, each ended by a semicolon, or empty
    int idle_in_transaction_ms{kIdleInTransactionTimeoutMs};
};
extern const SessionSettings kWriterSession;
extern const SessionSettings kRelaySession;
extern const SessionSettings kProjectorSession;
extern const SessionSettings kQuerySession;
extern const SessionSettings kListenerSession;
extern const SessionSettings kMigrationSession;

}  // namespace annals::pg
