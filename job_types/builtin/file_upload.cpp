#include "job_types/builtin_types.hpp"

namespace callboard {

const builtin_type file_upload_type{
  .name = "file_upload",
  .version = "1",
  .summary = "sends a file to HTTP, S3, SFTP or a directory",
  .schema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "file_upload",
  "description": "Sends a local file to a server or a directory.",
  "type": "object",
  "required": ["source", "destination"],
  "additionalProperties": false,
  "properties": {
    "source": {"type": "string", "minLength": 1, "maxLength": 4096, "description": "Absolute path below one of handlers.files.read_directories."},
    "destination": {"type": "string", "maxLength": 8192, "pattern": "^(https?|s3|sftp|file)://.", "description": "http:// or https:// (PUT), s3://bucket/key, sftp://host/path or file:///path below one of handlers.files.write_directories"},
    "headers": {"type": "object", "maxProperties": 100, "additionalProperties": {"type": "string"}, "description": "Header fields of an upload over HTTP or to S3."}
  }
})",
};

} // namespace callboard
