#pragma once

#include <span>
#include <string_view>

namespace callboard {

/// What everybody knows of a job type that comes with Callboard: the scheduler checks payloads with it, the command
/// line makes flags of it, and the handler that runs such jobs registers under it. No code of a job; docs/handlers.md
/// describes the types for people.
struct builtin_type {
  std::string_view name;
  std::string_view version; ///< of the code that runs it
  std::string_view summary; ///< a word on what it does, for lists
  std::string_view schema;  ///< JSON Schema (draft 7) of the payload
};

// One file each, in job_types/builtin/.
extern const builtin_type email_send_type;
extern const builtin_type data_processing_type;
extern const builtin_type file_upload_type;
extern const builtin_type http_request_type;
extern const builtin_type exec_type;
extern const builtin_type noop_type;

/// All of them.
std::span<const builtin_type* const> builtin_types();

/// Null when there is none of that name.
const builtin_type* find_builtin_type(std::string_view name);

} // namespace callboard
