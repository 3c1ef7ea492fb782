#include "http/api/redacted_values.hpp"

#include "http/json/fields.hpp"

namespace callboard {

error told_of_payload(const api& a, std::string_view type, error e) {
  const auto hidden = a.redactions->find(type);
  if (!hidden || !hidden->has_payload())
    return e;
  // Below a redacted place the names of members are values too.
  const std::string field = hidden->concerns(e.field) ? "payload" : e.field;
  return {e.code,
          field + " is not as job type " + std::string{type} +
            " wants it; the reason is not told, because values of its payloads are redacted",
          field};
}

std::optional<error> refuse_marks(const redaction& hidden, std::string_view payload) {
  const auto path = hidden.marked(payload);
  if (!path)
    return std::nullopt;
  return error{ec::invalid_payload,
               *path + " must be the value itself: \"" + std::string{redaction::mark} +
                 "\" is only shown in its place, because the job type redacts it",
               *path};
}

std::optional<error> refuse_redacted_key(const redaction& hidden, const std::string& path, const std::string& field) {
  if (!hidden.concerns("payload." + path))
    return std::nullopt;
  return error{ec::invalid_value,
               field + " must not be " + shown(std::string_view{path}) +
                 " in the payload, which the job type redacts: a key is a name that all see",
               field};
}

} // namespace callboard
