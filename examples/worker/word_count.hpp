#pragma once

#include <callboard/worker.hpp>

inline constexpr const char* word_count_schema = R"({
  "description": "Counts lines, words and bytes of a text file, and its most frequent words.",
  "type": "object",
  "required": ["file"],
  "additionalProperties": false,
  "properties": {
    "file": {"type": "string", "pattern": "^/", "description": "an absolute path on the worker's machine"},
    "top": {"type": "integer", "minimum": 0, "maximum": 100, "description": "so many of the most frequent words; 3 by default"}
  }
})";

callboard::sdk::outcome word_count(callboard::sdk::job& j);
