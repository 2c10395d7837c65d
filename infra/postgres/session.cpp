#include "infra/postgres/session.hpp"

namespace annals::pg {

// The writer and the relay look things up by key only. A generic plan saves planning a statement of fifty
// parameters for every batch; without the scans and joins over whole tables it cannot be a plan that was
// right while the table was empty.
#define ANNALS_KEY_LOOKUPS                                                                            \
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; " \
    "set enable_mergejoin = off; set jit = off;"

const SessionSettings kWriterSession{
    "annals-writer", kAppendStatementTimeoutMs, kLockTimeoutMs,
    ANNALS_KEY_LOOKUPS " set default_transaction_isolation = 'read committed';", kHeldHeadsIdleMs
};
const SessionSettings kRelaySession{
    // The server must notice soon that a leader's machine is gone, or no other can take over.
    "annals-relay", kRelayStatementTimeoutMs, kLockTimeoutMs,
    ANNALS_KEY_LOOKUPS
    " set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;"
};
const SessionSettings kProjectorSession{
    "annals-projector", kProjectorStatementTimeoutMs, kLockTimeoutMs, "set jit = off;"
};
const SessionSettings kQuerySession{
    "annals-query", kQueryStatementTimeoutMs, kLockTimeoutMs,
    "set jit = off; set default_transaction_read_only = on;"
};
const SessionSettings kListenerSession{"annals-listener", kQueryStatementTimeoutMs, kLockTimeoutMs, ""};
const SessionSettings kMigrationSession{
    "annals-migrate", 0, kMigrationLockTimeoutMs, "set search_path = '';"
};

}  // namespace annals::pg
