#pragma once

#include "http/api/router.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// What is known of a job type by whoever wants to submit one.
struct described_type {
  std::string name;
  std::string version; ///< of the code that runs it; may be empty
  std::string summary; ///< a line for people; may be empty
  std::string schema;  ///< text of a JSON Schema (draft 7); empty: every payload is taken
};

/// The job types with their schemas. Called on the threads of the REST interface, on several at once.
class schema_source {
public:
  virtual ~schema_source() = default;
  /// Up to `limit` types in the order of their names, behind the name `after`.
  virtual std::vector<described_type> schemas(const std::string& after, size_t limit) const = 0;
};

/// `GET /api/schemas`: a page of job types, each with the JSON Schema of its payload, or null.
/// Errors: invalid_value, out_of_range; not_found where the types tell no schemas.
std::optional<http_response> list_schemas(const request_context& c, const responder& to);

} // namespace callboard
