#include "job_types/builtin_types.hpp"

namespace callboard {

const builtin_type exec_type{
  .name = "exec",
  .version = "1",
  .summary = "runs a program",
  .schema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "exec",
  "description": "Runs a program and captures what it writes.",
  "type": "object",
  "required": ["argv"],
  "additionalProperties": false,
  "properties": {
    "argv": {"type": "array", "minItems": 1, "maxItems": 10000, "items": {"type": "string"}, "description": "The program and its arguments; no shell is involved."},
    "env": {"type": "object", "maxProperties": 1000, "additionalProperties": {"type": "string"}, "description": "Environment variables besides PATH, HOME, LANG and CALLBOARD_*."},
    "stdin": {"type": "string", "description": "Standard input; empty by default."},
    "cwd": {"type": "string", "pattern": "^/", "description": "Working directory, absolute; the worker's by default."},
    "limits": {
      "type": "object", "additionalProperties": false, "description": "Of the program and, each on its own, the processes it starts.",
      "properties": {
        "cpuSeconds": {"type": "integer", "minimum": 1, "maximum": 31536000, "description": "CPU time."},
        "memoryBytes": {"type": "integer", "minimum": 1048576, "description": "Address space."},
        "openFiles": {"type": "integer", "minimum": 3, "maximum": 1048576, "description": "Open descriptors."},
        "outputBytes": {"type": "integer", "minimum": 0, "description": "Last bytes of each stream that are kept; handlers.exec.output_bytes_max bounds it."}
      }
    },
    "okExitCodes": {"type": "array", "minItems": 1, "maxItems": 256, "items": {"type": "integer", "minimum": 0, "maximum": 255}, "description": "Exit codes that are a success; [0] by default."},
    "softTimeoutSignal": {"enum": ["SIGTERM", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGHUP"], "description": "What its process group gets when the job's softTimeout is over; SIGTERM by default."}
  }
})",
};

} // namespace callboard
