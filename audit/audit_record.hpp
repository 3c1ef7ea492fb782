#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Who did it, as far as it is known.
struct audit_actor {
  std::string address;    ///< HOST:PORT of the other end of the connection; of an act on this machine: "local"
  std::string user_agent; ///< the program, by its own words
  std::string claimed_by; ///< a name that the client gave; nobody has checked it
};

struct audit_outcome {
  int status = 0;   ///< of HTTP; 0: nobody knows what became of it
  std::string code; ///< of an error, or why nobody knows
};

/// One line of the audit log: an act that was begun, or what became of one.
struct audit_record {
  uint64_t sequence = 0; ///< counts the records of a log from 1 on
  time_point at;
  std::string act;    ///< `queue.set`
  std::string target; ///< the name or id of what it is done to
  audit_actor actor;
  uint64_t intent = 0; ///< the sequence of the record that says that it was begun; 0: there is none
  // JSON of one line, or empty.
  std::string request, before, after;
  std::optional<audit_outcome> outcome; ///< none: the act was begun
  std::string previous, hash;           ///< SHA-256 in hexadecimal
};

/// Where a chain begins: there is no record before.
inline constexpr std::string_view audit_chain_begin =
  "0000000000000000000000000000000000000000000000000000000000000000";

// Acts of the log itself. The members of their `after` are in docs/audit.md.

/// A line that a crash left unfinished was cut off.
inline constexpr std::string_view audit_act_cut = "log.cut";
/// The chain was found broken; this record begins a new one.
inline constexpr std::string_view audit_act_break = "log.break";
/// Old files were removed.
inline constexpr std::string_view audit_act_remove = "log.remove";
/// A scheduler began. All acts that were begun before have an outcome then.
inline constexpr std::string_view audit_act_start = "scheduler.start";

/// SHA-256 as 64 hexadecimal digits.
std::string audit_hash(std::string_view bytes);

/// The record as a line without its end. Sets `hash`: of the bytes of the line up to the member `hash`, so that each
/// hash answers for all records before.
std::string audit_line(audit_record& r);

/// Reads a line. Error: corrupt_record when it is none, or its hash is not that of its bytes.
result<audit_record> read_audit_line(std::string_view line);

/// A valid JSON text on one line, as a record has it; of one that is larger than `bytes_max` there is
/// `{"omittedBytes":N}` instead.
std::string bounded_value(std::string_view json, uint64_t bytes_max);

} // namespace callboard
