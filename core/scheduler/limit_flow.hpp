#pragma once

#include "core/scheduler/call_lines.hpp"
#include "core/scheduler/scheduler_state.hpp"

#include <map>

namespace callboard {

/// What clients want of queues, job types and concurrency keys: rules that are written down and then hold.
class limit_flow {
public:
  explicit limit_flow(scheduler_state& s) : s_(s) {
  }

  /// As found at start.
  void restore(const std::vector<stored_limit>& limits, const moment& now);
  void on(limit_call& x, const moment& now);
  /// The rule that was written is on disk, or is not: by the note's token.
  void on_note(uint64_t token, const std::optional<error>& failed, const moment& now);
  /// Calls that have not begun.
  void refuse_waiting(const error& why);
  /// Nothing is being written.
  bool at_rest() const {
    return writing_.empty();
  }

private:
  struct new_rule {
    stored_limit limit;
    answer<limit_view> reply;
  };
  void set(const stored_limit& x, const moment& now);
  void write(const std::string& fact, limit_call& x);
  bool has_rule(const limit_target& t) const;
  size_t new_names(limit_kind kind) const;
  size_t rules(limit_kind kind) const;
  void join(attempt_slot& a, const limit_scope_ptr& scope);
  template <class Each>
  void for_each_attempt(Each&& each, limit_kind kind);

  scheduler_state& s_;
  std::map<uint64_t, new_rule> writing_; ///< by token
  call_lines<limit_call> waiting_;       ///< by name of the fact
};

inline constexpr std::string_view limit_prefix = "limit/";
/// From the store's facts with `limit_prefix`. @param damaged  gets the names of those that cannot be read.
std::vector<stored_limit> read_limits(const std::vector<std::pair<std::string, std::string>>& facts,
                                      std::vector<std::string>& damaged);

} // namespace callboard
