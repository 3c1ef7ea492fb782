#include "job_types/builtin_types.hpp"

namespace callboard {

const builtin_type http_request_type{
  .name = "http_request",
  .version = "1",
  .summary = "sends an HTTP request",
  .schema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "http_request",
  "description": "Sends one HTTP request, a webhook for example.",
  "type": "object",
  "required": ["url"],
  "additionalProperties": false,
  "properties": {
    "url": {"type": "string", "minLength": 1, "maxLength": 8192, "description": "http:// or https://"},
    "method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "description": "POST with a body, else GET, by default."},
    "headers": {"type": "object", "maxProperties": 100, "additionalProperties": {"type": "string"}, "description": "Header fields, name to value."},
    "body": {"description": "A string is sent as it is, anything else as JSON."},
    "expect": {
      "type": "object", "additionalProperties": false, "description": "What counts as success.",
      "properties": {
        "status": {
          "type": ["integer", "string", "array"], "minimum": 100, "maximum": 599, "pattern": "^[1-5]xx$", "minItems": 1,
          "items": {"type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": "^[1-5]xx$"},
          "description": "A status, a class such as \"2xx\", or several of them; \"2xx\" by default."
        }
      }
    },
    "timeout": {"type": "number", "exclusiveMinimum": 0, "maximum": 86400, "description": "Seconds for the whole exchange; the job's timeout bounds it anyway."}
  }
})",
};

} // namespace callboard
