#pragma once

#include "http/api/api.hpp"
#include "http/api/template_content.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace callboard {

// Payloads in the body of a submit that is not one yet: a template's, or what came of filling one in.

/// What becomes of placeholders when a body is shown.
enum class placeholders : uint8_t {
  shown,  ///< one that stands for a whole value holds none itself
  filled, ///< there are none any more
};

/// The body without what the types of its jobs redact; of a job whose type is a placeholder without what any type does.
nlohmann::json shown_body(const redaction_book& hidden, template_kind kind, nlohmann::json body, placeholders p);

/// The same of a stored definition, JSON text of our own.
nlohmann::json shown_definition(const redaction_book& hidden, std::string_view definition);

/// A client has sent back what it was shown. Error: invalid_payload with the field below `job` or `workflow`.
std::optional<error> refuse_marks_in(const redaction_book& hidden, const template_content& t);

/// A value of this parameter goes to where the payload of a job is redacted. @param field  of an error:
/// `parameters.NAME`, or `parameters` for any of them.
bool is_redacted_parameter(const redaction_book& hidden, const template_content& t, const std::string& field);

} // namespace callboard
