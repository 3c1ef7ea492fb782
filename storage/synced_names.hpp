#pragma once

// Inside storage/ only. A file that is synced is lost all the same while its name is not: names are kept in the
// directory, which is synced by itself. RocksDB sees to those in its own directory, and not to that directory's name.
#include "core/base/error.hpp"

#include <rocksdb/env.h>

#include <string>

namespace callboard {

/// Syncs the names in the directory that this file or directory is in. Error: storage_unavailable.
result<done> sync_name(rocksdb::Env& env, const std::string& path);

/// Makes a directory with those above it, where they are missing, and syncs the names of those that it made.
/// Error: storage_unavailable.
result<done> make_directories(rocksdb::Env& env, const std::string& path);

/// Syncs what is in each log of a store. Error: storage_unavailable.
result<done> sync_logs(rocksdb::Env& env, const std::string& directory);

} // namespace callboard
