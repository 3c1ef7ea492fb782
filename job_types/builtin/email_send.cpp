#include "job_types/builtin_types.hpp"

namespace callboard {

const builtin_type email_send_type{
  .name = "email_send",
  .version = "1",
  .summary = "sends a mail over SMTP",
  .schema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "email_send",
  "description": "Sends one mail. An address is user@example.com or Some Name <user@example.com>.",
  "type": "object",
  "required": ["to", "subject"],
  "additionalProperties": false,
  "properties": {
    "to": {"type": ["string", "array"], "maxItems": 1000, "items": {"type": "string"}, "description": "One address or several."},
    "subject": {"type": "string", "maxLength": 2000, "description": "The subject."},
    "body": {"type": "string", "description": "The text."},
    "html": {"type": "string", "description": "The text as HTML, besides the plain one."},
    "from": {"type": "string", "minLength": 1, "description": "The sender; handlers.smtp.from by default."},
    "cc": {"type": ["string", "array"], "maxItems": 1000, "items": {"type": "string"}, "description": "Further recipients."},
    "bcc": {"type": ["string", "array"], "maxItems": 1000, "items": {"type": "string"}, "description": "Further recipients whom the others do not see."},
    "replyTo": {"type": ["string", "array"], "maxItems": 100, "items": {"type": "string"}, "description": "Where answers go."},
    "headers": {"type": "object", "maxProperties": 100, "additionalProperties": {"type": "string"}, "description": "Further header fields, name to value."},
    "attachments": {
      "type": "array", "maxItems": 100, "description": "Files to go along.",
      "items": {
        "type": "object", "required": ["name", "contentBase64"], "additionalProperties": false,
        "properties": {
          "name": {"type": "string", "minLength": 1, "maxLength": 255, "description": "File name."},
          "contentBase64": {"type": "string", "description": "The bytes in base64."},
          "contentType": {"type": "string", "maxLength": 255, "pattern": "^[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+$", "description": "type/subtype; application/octet-stream by default."}
        }
      }
    }
  }
})",
};

} // namespace callboard
