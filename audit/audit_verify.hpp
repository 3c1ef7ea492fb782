#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace callboard {

/// A place where the chain does not hold.
struct audit_fault {
  std::filesystem::path file;
  uint64_t line = 0; ///< counted from 1; 0: the file as a whole
  std::string why;
};

struct audit_verdict {
  uint64_t files = 0, records = 0;
  uint64_t first = 0, last = 0; ///< sequences; 0: there is no record
  std::string hash;             ///< of the last record
  /// The first ones, in their order, at most `audit_faults_max`; and how many there are.
  std::vector<audit_fault> faults;
  uint64_t faults_count = 0;
  /// A crash left so many bytes of a line at the end. That is no fault: such a record was never answered for.
  uint64_t unfinished_bytes = 0;
};

inline constexpr size_t audit_faults_max = 100;

/// Reads a whole log and checks its chain, also while a scheduler writes to it: up to the record that was the last one
/// when this began.
/// @param expect  a hash that one of the records must have; empty: none is expected. Without one nobody can tell that
///                the latest records were taken away.
/// Errors: not_found when there is no log; internal_error when it cannot be read.
result<audit_verdict> verify_audit(const std::filesystem::path& directory, const std::string& expect = {});

} // namespace callboard
