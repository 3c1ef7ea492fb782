#pragma once

#include "core/alerts/alert_rule.hpp"
#include "core/base/time.hpp"

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// ok → pending → firing → resolved. A condition that holds makes a pending alert; one that has held for its time
/// fires; one that fires is resolved when the condition has not held for `hold`. A pending one whose condition holds no
/// more is gone, as if nothing had been. Resolved ones are only listed.
enum class alert_state : uint8_t { pending, firing, resolved };
std::string_view to_string(alert_state s);
std::optional<alert_state> parse_alert_state(std::string_view name);

/// Somebody looks after it.
struct alert_ack {
  std::string by; ///< as the client said
  time_point at{};
  std::string comment;
  friend bool operator==(const alert_ack&, const alert_ack&) = default;
};

/// One time that a rule held for a target.
struct alert {
  uint64_t id = 0;
  alert_rule rule{};
  std::string target; ///< `queue/NAME`, `type/NAME`, `certificate/NAME`; empty: the scheduler as a whole
  alert_state state = alert_state::pending;
  time_point since{}; ///< when the condition began to hold
  std::optional<time_point> fired_at, resolved_at;
  double value = 0, threshold = 0; ///< when it held last
  std::optional<alert_ack> ack;
  bool notified = false; ///< those whom the settings name have been told that it fires
};

/// `alert_` and 16 hexadecimal digits.
std::string alert_id_text(uint64_t id);
std::optional<uint64_t> parse_alert_id(std::string_view text);
/// The same for the same three, so that one that is found again has the same id.
uint64_t alert_id_of(alert_rule r, std::string_view target, time_point since);

/// `the disk of the store is nearly full; share that is free 0.07 (threshold 0.1)`
std::string summary_of(const alert& a);

/// Alerts that fit are told to nobody until it ends. Their state stays.
struct alert_silence {
  uint64_t id = 0;
  std::optional<alert_rule> rule;    ///< nothing: any
  std::optional<std::string> target; ///< nothing: any
  time_point until{};
  time_point created_at{};
  std::string by, comment;

  bool fits(const alert& a) const {
    return (!rule || *rule == a.rule) && (!target || *target == a.target);
  }
};
/// `silence_` and its number.
std::string silence_id_text(uint64_t id);
std::optional<uint64_t> parse_silence_id(std::string_view text);

/// A condition that holds now.
struct alert_sample {
  alert_rule rule{};
  std::string target;
  double value = 0, threshold = 0;
};

/// What a look at the figures has found. A rule that was looked at holds for those targets that have a sample and for
/// no other. Of a rule that was not, because its figures were not to be had, nothing is known.
struct alert_samples {
  std::vector<alert_sample> holding;
  std::bitset<alert_rule_count> looked_at;
};

/// What becomes of an alert; in words of whoever tells it.
enum class alert_news : uint8_t {
  fires,         ///< for the log and for followers
  is_resolved,   ///< the same
  tell_fires,    ///< for those whom the settings name: it is neither silenced nor acknowledged
  tell_resolved, ///< for those who were told that it fires
};
struct alert_change {
  alert_news news{};
  alert subject;
};

} // namespace callboard
