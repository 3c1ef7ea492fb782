// FORMAT 3. A record is a few fields that every job has, and *sections* for all others, each with a tag and a length:
//
//   version[1] id[8] state[1] priority[1] durability[1] created_at[8]
//   front: length, then  retry_count loss_count attempt type:text queue:text  sections
//   rest:  length, then  history: count, {state[1] at:time attempt worker:text reason:text} each  sections
//
//   section: tag, length, content
//
// Numbers are varints (7 bits a byte, least significant first), [N] is the number of bytes of a fixed, little-endian
// one; `text` is a length and that many bytes; `time` is the distance in microseconds from created_at, zigzag. A
// section that is not there means what the field is in a new job_record, except `policy`, see `absent_policy`. Sections
// of a part stand in the order of their tags, none twice.
//
// What a start reads of a million jobs is in the front; everything else goes to the rest.
//
// To add a field: add a tag, write its section when the field is not what a new record has, add golden files. The
// format's number stays. A program that does not know an odd tag refuses the record (wrong_version); one that does not
// know an even tag skips it, and loses it when it writes the record anew. So a field is odd unless it is of no
// consequence. Tags are never used again for something else.
#pragma once

#include "core/base/time.hpp"
#include "core/job/retry_policy.hpp"

#include <cstdint>

namespace callboard {

namespace front_tag {
enum : uint64_t {
  schedule_at = 1,      // time
  deadline = 3,         // time
  retry_at = 5,         // time
  idempotency_key = 7,  // the bytes
  dependencies = 9,     // id[8] each
  resources = 11,       // slots cpu_milli memory named: count, {name:text units} labels: count, {name:text value:text}
  conditions = 13,      // rule[1], and of each dependency, in their order, [1]: on + 4 x ended + 32 x began
  unique = 15,          // scope[1] conflict[1] window key:text; of a debounce also quiet quiet_max since:time
  concurrency_key = 17, // the bytes
  on_miss = 19,         // [1]
  preemption = 21,      // flags[1]: 1 it preempts, 2 it is preemptible; with 2: after, zigzag
  held = 23,            // held[1] at:time reason:text; 0: it was released then
  type_version = 25,    // the bytes; of a range
  payload_bytes = 26,   // number; of a part of a workflow also [1]: 1
};
}

namespace rest_tag {
enum : uint64_t {
  policy = 1,            // timeout:zigzag max_retries backoff[1] jitter[1] base:zigzag cap:zigzag
  memory_growth = 3,     // percent max
  tags = 5,              // count, text each
  started_at = 7,        // time
  finished_at = 9,       // time
  worker = 11,           // the bytes
  error = 13,            // code:text message:text at:time
  result = 15,           // the bytes
  log = 17,              // count, text each
  usage = 19,            // cpu_us:zigzag peak_memory ran:zigzag
  origin = 20,           // of a schedule: name:text version fire:time by_hand[1]
  workflow = 21,         // id:text name:text key:text first[1]
  failure_rules = 23,    // count, {code:text action[1] wait:zigzag} each
  retry_total = 25,      // zigzag
  finish_by = 28,        // time
  first_started_at = 29, // time; of a job with a retry_total
  for_each = 31,         // stage[1] over:text path: count, text each  max collect[1] rule[1] number
                         // and of each job that it waited for before: id[8] and [1] as in `conditions`
  checkpoint = 35,       // the bytes
  template_origin = 36,  // name:text version
  soft_timeout = 37,     // zigzag
  cached_from = 40,      // id[8]
  cache_key = 42,        // the bytes
  log_place = 43,        // attempt first: of the lines of `log`
  trace = 44,            // parent:text state:text
};
}

/// Of a job: how long and how often it is tried. What a job has whose record has no `policy` are the values here: part
/// of the format, they stay when the defaults of a new job change.
struct stored_policy {
  duration timeout = std::chrono::seconds{300};
  uint32_t max_retries = 3;
  backoff kind = backoff::exponential;
  bool jitter = true;
  duration base = std::chrono::seconds{1};
  duration cap = std::chrono::minutes{10};
  friend bool operator==(const stored_policy&, const stored_policy&) = default;
};
inline constexpr stored_policy absent_policy;

inline constexpr uint32_t no_growth_percent = 100;

} // namespace callboard
