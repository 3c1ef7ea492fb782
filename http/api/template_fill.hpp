#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

// Placeholders of templates: `${param.NAME}`, or `${param.NAME.member.0}` for a part of the parameter, anywhere in a
// string value. A string that is one placeholder takes the value itself; within a longer one it is put in as text.
// `$${` is a literal `${`. Everything else with `${` stays as it is: others fill it in.

/// A place in a definition that stands for a parameter.
struct parameter_use {
  std::string name;
  std::vector<std::string> path; ///< members, or positions from 0, from the outside in
  std::string at;                ///< the string that it stands in: `job.payload.argv[1]`
};

/// All of them. @param path  of `v`, for `at` and for errors. Error: invalid_value for one that is not of this form.
result<std::vector<parameter_use>> find_parameters(const nlohmann::json& v, const std::string& path);

/// True when there is at least one, well formed or not.
bool has_parameters(const nlohmann::json& v);

/// The text is one placeholder and nothing else.
bool is_placeholder(std::string_view text);

struct fill_rules {
  uint64_t bytes_max = 0; ///< of the filled definition, about
  /// No value may bring a `${jobs.…}`: it is to go into a workflow, where that stands for the result of a job.
  bool guard_results = false;
};

/// Puts the values of `parameters`, an object, into the strings of `v`; names of members stay as they are, and what a
/// value holds is not looked at again. Errors: missing_field for a parameter, or a part of one, that is not there;
/// body_too_large; invalid_value by `guard_results`. The field is `parameters.NAME`.
result<nlohmann::json> fill_in_parameters(nlohmann::json v, const nlohmann::json& parameters, const fill_rules& rules);

} // namespace callboard
