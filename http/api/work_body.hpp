#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "core/job/node_protocol.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace callboard {

/// A JSON object whose members are taken one by one. The first thing that is wrong is kept; what is taken after that
/// is empty, so a reader takes all that it wants and looks for the error once.
class work_body {
public:
  /// @param known  all members that there may be  @param path  of the object within the body; empty: it is the body
  work_body(const nlohmann::json& v, std::span<const std::string_view> known, std::string path = {});

  bool has(const char* name) const;
  /// Null: it was not given.
  const nlohmann::json* find(const char* name) const;
  /// The member, or missing_field with these words.
  const nlohmann::json* need(const char* name, std::string_view what);

  /// 1 to `bytes_max` bytes without control characters; empty: it was not given.
  std::string name(const char* name, size_t bytes_max);
  /// Any text; what has more than `bytes_max` bytes is cut.
  std::string text(const char* name, size_t bytes_max);
  std::optional<uint64_t> whole(const char* name, uint64_t min, uint64_t max);
  std::optional<duration> seconds(const char* name, duration min, duration max);
  std::optional<bool> flag(const char* name);
  std::optional<time_point> time(const char* name);
  /// The job's `id` and the `fence`, both needed.
  attempt_ref attempt();
  /// An array of at most so many; null: it was not given.
  const nlohmann::json* list(const char* name, size_t max);

  /// The path of a member as errors name it.
  std::string path(const char* name) const;
  void fail(error e) {
    if (!failure_)
      failure_ = std::move(e);
  }
  void wrong(const char* name, std::string_view allowed, const nlohmann::json& came);
  const std::optional<error>& failure() const {
    return failure_;
  }

private:
  const nlohmann::json& value_;
  const std::string path_;
  std::optional<error> failure_;
};

} // namespace callboard
