#pragma once

#include "domain/kernel/epochs.hpp"
#include "infra/postgres/connection.hpp"

namespace annals::pg {

/// Where the log ends; its rows become a LogEnd by log_end().
inline constexpr Statement kLogEnd{"log_end", "select epoch, head from log.partition order by partition"};

LogEnd log_end(const Rows& rows);

}  // namespace annals::pg
