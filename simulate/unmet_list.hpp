#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulate/chronicle.hpp"
#include "simulate/expectation.hpp"

namespace callboard::simulate {

/// An expectation that did not hold.
struct unmet_expectation {
  duration at{0};   ///< when it was looked at
  std::string path; ///< `expect.jobs.a.state`
  std::string expected, was;
};

/// `5s (2026-01-01T00:00:05.000Z)`
std::string run_stamp_text(const run_stamp& at);

/// Compares what is expected with what is, and keeps what differs. What is not expected is not looked at.
class unmet_list {
public:
  /// @param now  when it is looked at.  @param tolerance  how far a time may be off
  unmet_list(duration now, duration tolerance) : now_(now), tolerance_(tolerance) {
  }

  void add(const std::string& path, std::string expected, std::string was);
  void compare(const std::string& path, const std::optional<std::string>& expected, const std::string& was);
  void compare(const std::string& path, const std::optional<uint64_t>& expected, uint64_t was);
  void compare(const std::string& path, const std::optional<bool>& expected, bool was);
  void compare(const std::string& path, const std::optional<expected_time>& expected,
               const std::optional<run_stamp>& was);
  /// All of them, in their order.
  void compare(const std::string& path, const std::optional<std::vector<expected_time>>& expected,
               const std::vector<run_stamp>& was);
  /// A text of which a part is expected; an empty one: there is none.
  void compare_part(const std::string& path, const std::optional<std::string>& expected, const std::string& was);

  std::vector<unmet_expectation> take() {
    return std::move(unmet_);
  }

private:
  bool is_at(const expected_time& x, const run_stamp& at) const;

  duration now_, tolerance_;
  std::vector<unmet_expectation> unmet_;
};

} // namespace callboard::simulate
