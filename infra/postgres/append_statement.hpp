#pragma once

#include "commands/ports/event_store.hpp"
#include "infra/postgres/connection.hpp"

namespace annals::pg {

/// Writes a batch in one statement: it locks the heads it names, in partition order, and only if every one of
/// them is where and in the epoch that is expected moves them and writes the rest. Its one value is the
/// number of heads moved: all, or 0 when nothing was written.
extern const Statement kAppend;

/// The parameters of kAppend. Checks what the writer must have got right, because the log can never be
/// mended: the heads ascend, and the events of each partition fill exactly the positions between its two
/// heads.
Params append_params(const AppendBatch& batch);

}  // namespace annals::pg
