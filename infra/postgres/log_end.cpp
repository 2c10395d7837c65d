#include "infra/postgres/log_end.hpp"

#include <algorithm>

namespace annals::pg {

LogEnd log_end(const Rows& rows) {
    LogEnd end;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        end.epoch = std::max(end.epoch, static_cast<std::uint32_t>(rows.count(i, 0)));
        end.heads.push_back(rows.count(i, 1));
    }
    return end;
}

}  // namespace annals::pg
