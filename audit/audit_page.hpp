#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

struct audit_record;

/// A place between two lines of the log.
struct audit_position {
  uint64_t file = 0, offset = 0;
};

/// `12-4096`
std::string to_string(audit_position p);
std::optional<audit_position> parse_audit_position(std::string_view text);

/// Which records are wanted. What is empty admits all.
struct audit_query {
  std::string act;    ///< `queue.set`, or `queue` for all that begin with `queue.`
  std::string target; ///< as it is in the record
  std::string actor;  ///< a claimed name, or an address with or without its port
  std::optional<time_point> from, to;
  uint32_t limit = 100;
  uint64_t bytes_max = 4u << 20;       ///< so much of the log is read
  std::optional<audit_position> below; ///< none: from the latest record on
};

/// Whether a record is wanted. Acts that were begun are none of their own: what became of them is.
bool admits(const audit_query& q, const audit_record& r);

struct audit_page {
  std::vector<std::string> lines;     ///< newest first
  std::optional<audit_position> next; ///< where the next page goes on; none: there is nothing more
  uint64_t damaged = 0;               ///< lines that could not be read
};

/// Reads backwards. A page may have fewer records than `limit`, even none, and yet a `next`. It ends at the first
/// record from before `from`. Errors: invalid_value for a position that is none, internal_error.
result<audit_page> read_audit_page(const std::filesystem::path& directory, const audit_query& q);

} // namespace callboard
