#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// A request target taken apart: segments and parameters are percent-decoded.
struct parsed_target {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;

  /// Null when it is not there.
  const std::string* find(std::string_view name) const;
};

/// Reads `/a/b?x=1`; empty segments (a trailing slash) are dropped, `http://host/a` is accepted as in RFC 9112, 3.2.2.
/// Errors: bad_request for a target that is no path or a broken percent-escape; invalid_value for a parameter that is
/// given twice.
result<parsed_target> parse_target(std::string_view target);

/// The parameter `limit` of a list: 1 to `limit_max`; when it is not given, `usual` where that is allowed.
result<uint32_t> read_limit(const parsed_target& target, uint32_t usual, uint32_t limit_max);

} // namespace callboard
