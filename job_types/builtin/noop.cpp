#include "job_types/builtin_types.hpp"

namespace callboard {

const builtin_type noop_type{
  .name = "noop",
  .version = "1",
  .summary = "does nothing",
  .schema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "noop",
  "description": "Does nothing: for benchmarks and tests. Fields that are not listed are allowed and ignored.",
  "type": "object",
  "properties": {
    "sleepMs": {"type": "integer", "minimum": 0, "maximum": 60000, "description": "Waits this many milliseconds, or until it is stopped."},
    "fail": {"enum": ["retryable", "final", null], "description": "Fails (after the wait) instead of succeeding."},
    "result": {"description": "The result, instead of {\"ok\":true}."},
    "stamp": {"type": "boolean", "description": "The result is when it began: {\"startedAtUs\": microseconds since 1970}."}
  }
})",
};

} // namespace callboard
