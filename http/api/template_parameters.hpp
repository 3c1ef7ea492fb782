#pragma once

#include "http/api/api.hpp"
#include "http/api/template_fill.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace callboard {

/// The parameters of a template: what it says of them (`parameters`, a JSON Schema of an object), and which of them its
/// definition stands for.
class template_parameters {
public:
  /// @param schema  an object, or null: the template says nothing.
  template_parameters(const nlohmann::json& schema, const std::vector<parameter_use>& uses);

  /// At definition: whether the schema is one, knows what the definition stands for, and its defaults follow it.
  /// Errors: invalid_value, missing_field.
  std::optional<error> check(const api& a) const;
  /// What a client gives, with defaults for what it does not, checked. Errors, of `parameters.NAME`: unknown_field,
  /// missing_field, invalid_value.
  result<nlohmann::json> complete(const api& a, const nlohmann::json& given) const;
  /// A default, or else the first example, for all that is used or required; none: something has neither.
  std::optional<nlohmann::json> samples() const;

private:
  const nlohmann::json* member(const nlohmann::json& of, const char* name) const;
  /// Others than those that are declared or used may be given.
  bool is_open() const;
  bool knows(const std::string& name) const;
  std::string known() const;
  std::vector<std::string> required() const;
  std::optional<error> check_defaults(const api& a) const;

  const nlohmann::json& schema_;
  const std::vector<parameter_use>& uses_;
  nlohmann::json properties_ = nlohmann::json::object();
};

} // namespace callboard
