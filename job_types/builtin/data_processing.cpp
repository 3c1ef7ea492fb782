#include "job_types/builtin_types.hpp"

namespace callboard {

const builtin_type data_processing_type{
  .name = "data_processing",
  .version = "1",
  .summary = "runs SQL over CSV and JSON-lines files",
  .schema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "data_processing",
  "description": "Runs one SQL query over CSV and JSON-lines files.",
  "type": "object",
  "required": ["inputs", "sql"],
  "additionalProperties": false,
  "properties": {
    "inputs": {
      "type": "array", "minItems": 1, "maxItems": 64, "description": "The files; each becomes a table.",
      "items": {
        "type": "object", "required": ["name", "path"], "additionalProperties": false,
        "properties": {
          "name": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$", "description": "Of the table: a letter, then letters, digits and _."},
          "path": {"type": "string", "minLength": 1, "maxLength": 4096, "description": "Absolute path below one of handlers.files.read_directories."},
          "format": {"enum": ["csv", "jsonl"], "description": "By default from the path: .csv, or .jsonl, .ndjson."},
          "header": {"type": "boolean", "description": "csv: the first line names the columns (default); else they are c1, c2, ..."},
          "encoding": {"enum": ["utf-8", "utf-16", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1", "iso-8859-15"], "description": "Of the text; by default the byte order mark says it, and without one it is utf-8."},
          "delimiter": {"type": "string", "pattern": "^[^\"\\r\\n]$", "minLength": 1, "maxLength": 1, "description": "csv: one ASCII character, a comma by default."}
        }
      }
    },
    "sql": {"type": "string", "minLength": 1, "maxLength": 1000000, "description": "One SELECT, WITH or VALUES statement of SQLite."},
    "output": {
      "type": "object", "required": ["path"], "additionalProperties": false, "description": "The file for the rows; without it they are in the result, up to 1000 of them.",
      "properties": {
        "path": {"type": "string", "minLength": 1, "maxLength": 4096, "description": "Absolute path below one of handlers.files.write_directories."},
        "format": {"enum": ["csv", "jsonl"], "description": "By default from the path: .csv, or .jsonl, .ndjson."}
      }
    },
    "params": {
      "type": ["array", "object"], "maxItems": 1000, "maxProperties": 1000, "items": {"type": ["string", "number", "boolean", "null"]},
      "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
      "description": "Values for ? (an array), or for :name (an object)."
    }
  }
})",
};

} // namespace callboard
