#pragma once

#include "core/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What a reference begins with.
inline constexpr std::string_view result_mark = "${jobs.";

/// A place in a payload that stands for the result of another job of the workflow: `${jobs.KEY.result}`, or
/// `${jobs.KEY.result.member.0}` for a part of it.
struct result_reference {
  std::string key;               ///< of the job in the workflow
  std::vector<std::string> path; ///< members, or positions from 0, from the outside in
  size_t begin = 0, end = 0;     ///< in the payload
};

/// A place in the payload of a fan-out job (fan_out.hpp) that stands for the element, or for its number.
struct item_reference {
  bool index = false;            ///< `${index}`
  std::vector<std::string> path; ///< of `${item.member.0}`, as above
  size_t begin = 0, end = 0;
};

/// `${item}`, `${item.member.0}` and `${index}` in a payload, in order. Error: invalid_value for one that begins with
/// `${item.` and is not of this form, with the field `payload`.
result<std::vector<item_reference>> find_item_references(std::string_view payload);

/// All that a payload has, in order. @param payload  JSON text.
/// Error: invalid_value for one that is not of this form, with the field `payload`.
result<std::vector<result_reference>> find_result_references(std::string_view payload);

} // namespace callboard
