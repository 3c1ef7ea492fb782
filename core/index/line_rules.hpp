#pragma once

#include <cstdint>
#include <unordered_map>

namespace callboard {

/// Whether lines (queues, or the keys of queues) are served, and their shares among lines of the same urgency. Outlives
/// the lines, which exist only while they have jobs.
class line_rules {
public:
  struct rule {
    bool closed = false;
    uint32_t weight = 1;
    uint32_t owner = 0; ///< the queue that it is, or that it is a key of
    friend bool operator==(const rule&, const rule&) = default;
  };

  void set(uint32_t line, const rule& r) {
    if (r.closed || r.weight != 1)
      rules_[line] = r;
    else
      rules_.erase(line);
  }
  rule of(uint32_t line) const {
    const auto i = rules_.find(line);
    return i == rules_.end() ? rule{} : i->second;
  }
  /// Lines whose rule is not the usual one.
  const std::unordered_map<uint32_t, rule>& unusual() const {
    return rules_;
  }

private:
  std::unordered_map<uint32_t, rule> rules_;
};

} // namespace callboard
