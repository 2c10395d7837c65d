#pragma once

#include "infra/runtime/config.hpp"

#include <cstdint>
#include <string>

namespace annals::app {

struct BackupOrder {
    std::string folder;
    std::string mark{};    ///< names this moment instead of copying the cluster
    std::string pg_bin{};  ///< folder of PostgreSQL's programs; empty: where they usually are
    int wait_s{120};       ///< how long the archive may take to get the WAL of the backup
};

/// Copies the cluster with pg_basebackup into the folder, or names a moment to restore to, and waits until
/// the WAL that it needs has arrived in the folder.
int backup(const runtime::Config& config, const BackupOrder& order);

struct RestoreOrder {
    std::string folder;
    std::string into;    ///< the new data directory
    std::string time{};  ///< RFC 3339; one of time, mark and latest
    std::string mark{};
    bool latest{false};
    std::string pg_bin{};
    std::uint32_t above{0};  ///< an epoch that is in use elsewhere
};

/// Makes a new data directory out of the folder, as of a moment, and raises the epoch of its log. The cluster
/// that was backed up is not touched.
int restore(const RestoreOrder& order);

}  // namespace annals::app
