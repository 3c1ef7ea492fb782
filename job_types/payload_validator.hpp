#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Checks payloads against the JSON Schemas of job types. A value: copies share what was compiled. Const functions are
/// thread-safe.
class payload_validator {
public:
  /// Knows no type.
  payload_validator();
  ~payload_validator();
  payload_validator(const payload_validator&);
  payload_validator(payload_validator&&) noexcept;
  payload_validator& operator=(payload_validator&&) noexcept;

  /// From now on payloads of `type` follow `schema`, the text of a JSON Schema of draft 7; an empty one takes every
  /// payload. Error: invalid_value with the reason why this is no schema; nothing has changed then.
  result<done> set(const std::string& type, std::string_view schema);

  bool knows(std::string_view type) const;
  /// In alphabetical order.
  std::vector<std::string> types() const;

  /// `payload` is valid JSON text. Errors: unknown_job_type (lists the known ones), invalid_payload with the field
  /// (`payload.to`), the reason and what is allowed.
  result<done> check(std::string_view type, std::string_view payload) const;
  /// The same for who has parsed the payload already. @param root  what the payload is called in errors.
  result<done> check_value(std::string_view type, const nlohmann::json& payload,
                           const std::string& root = "payload") const;

private:
  struct compiled_schema;
  std::map<std::string, std::shared_ptr<const compiled_schema>, std::less<>> schemas_;
};

/// Names for a message: `a, b, c`; of many the first ones, and how many more there are.
std::string listed_types(const std::vector<std::string>& names);

} // namespace callboard
