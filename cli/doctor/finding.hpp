#pragma once

#include <string>

namespace callboard {

/// How a check ended. A skipped one had nothing to look at, and says why.
enum class check_result { ok, skipped, warning, failed };

inline const char* to_string(check_result v) {
  switch (v) {
  case check_result::ok:
    return "ok";
  case check_result::skipped:
    return "skipped";
  case check_result::warning:
    return "warning";
  case check_result::failed:
    return "failed";
  }
  return "";
}

/// What a check found out.
struct finding {
  check_result result = check_result::ok;
  std::string text;        ///< what there is, for people
  std::string advice = {}; ///< what to do; empty when there is nothing to do
};

} // namespace callboard
