#pragma once

#include <algorithm>
#include <chrono>

namespace callboard {

/// What clocks on a wall show, without a zone.
using local_seconds = std::chrono::local_seconds;

/// What a time zone's clocks show at which moment.
class zone_rules {
public:
  virtual ~zone_rules() = default;

  /// From `begin` until before `end` the clocks are `offset` ahead of UTC.
  struct span {
    std::chrono::sys_seconds begin, end;
    std::chrono::seconds offset{0};
  };
  virtual span at(std::chrono::sys_seconds t) const = 0;

  local_seconds local(std::chrono::sys_seconds t) const {
    return local_seconds{(t + at(t).offset).time_since_epoch()};
  }

  /// The moment when the clocks show `t`: the first one if they show it twice, and the end of the gap if they skip it.
  std::chrono::sys_seconds moment(local_seconds t) const {
    // No zone is more than a day from UTC.
    const std::chrono::sys_seconds as_utc{t.time_since_epoch()};
    auto s = at(as_utc - std::chrono::days{1});
    while (true) {
      const auto m = as_utc - s.offset;
      if (m < s.end)
        return std::max(m, s.begin);
      s = at(s.end);
    }
  }
};

/// UTC: no rules.
class utc_rules final : public zone_rules {
public:
  span at(std::chrono::sys_seconds) const override {
    return {std::chrono::sys_seconds::min(), std::chrono::sys_seconds::max(), std::chrono::seconds{0}};
  }
};

} // namespace callboard
