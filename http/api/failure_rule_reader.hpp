#pragma once

#include "core/base/error.hpp"
#include "core/job/retry_policy.hpp"
#include "http/json/json_source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// Reads `retryPolicy.onError` from the events of the parser: an object whose members are codes.
/// `{"DB_BUSY": {"snooze": 30}, "DB_*": "retry", "*": "fail"}`
class failure_rule_reader {
public:
  /// Its opening brace was read.
  void start();
  void key(std::string& name);
  void scalar(const json_scalar& v);
  void open(bool array);
  void close();
  /// Its closing brace was read. Whole codes come first, then beginnings, the longer ones before: members of a JSON
  /// object have no order, and many clients keep none. The first error counts: invalid_value, missing_field,
  /// out_of_range and unknown_field, with the field (`retryPolicy.onError.DB_BUSY.snooze`).
  result<std::vector<failure_rule>> finish();

private:
  void fail(ec code, const std::string& path, const std::string& message);
  void refuse_value(const std::string& came);
  /// Of the rule that is being read.
  std::string path() const;

  std::vector<failure_rule> rules_;
  std::optional<error> err_;
  unsigned depth_ = 0;  // 1 in the value of a rule
  bool snooze_ = false; // that is given there
};

} // namespace callboard
