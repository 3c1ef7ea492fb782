#pragma once

#include "core/alerts/alert.hpp"
#include "core/base/error.hpp"
#include "core/scheduler/moment.hpp"

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// What of the alerts a restart of the scheduler must not forget: those that fire, with their acknowledgements, and the
/// silences.
struct alert_memory {
  std::vector<alert> firing;
  std::vector<alert_silence> silences;
  uint64_t next_silence = 1;
};

/// The alerts there are, and who has silenced and acknowledged what. Durations are measured by the clock that never
/// steps; the end of a silence is a time of day.
class alert_book {
public:
  explicit alert_book(const alert_limits& l) : limits_(l) {
  }

  /// What was remembered. Those that fire go on doing so; whether they still hold is told by the next look.
  void restore(alert_memory m);
  alert_memory memory() const;

  /// Takes note of what was found, and says what is to be told. Silences that are over are gone afterwards.
  std::vector<alert_change> look(const alert_samples& found, const moment& now);

  /// The jobs that tell of it could not be submitted: it is told at the next look.
  void was_not_told(uint64_t id);

  /// Errors: not_found; invalid_state for one that is resolved.
  result<alert> acknowledge(uint64_t id, alert_ack ack);
  /// Numbers the silence. Error: queue_full when there are `silences_max`.
  result<alert_silence> silence(alert_silence s, const moment& now);
  /// Error: not_found.
  result<alert_silence> end_silence(uint64_t id);

  /// Firing ones first, the more severe before others; then pending ones; then resolved ones, latest first.
  std::vector<alert> alerts() const;
  /// The one that ends first before others.
  std::vector<alert_silence> silences() const;

  /// Whether what a restart must not forget has changed since the last time that this was asked.
  bool take_changed() {
    return std::exchange(changed_, false);
  }

  /// Throws std::logic_error when it contradicts itself.
  void sanity_check() const;

private:
  struct entry {
    alert a;
    steady_point holds_since{};              ///< of a pending one
    std::optional<steady_point> not_since{}; ///< of a firing one: since when its condition does not hold
  };
  using key = std::pair<alert_rule, std::string>;

  void note(const alert_sample& s, const moment& now, std::vector<alert_change>& out);
  void fire(entry& e, const moment& now, std::vector<alert_change>& out);
  void tell(entry& e, std::vector<alert_change>& out);
  void resolve(entry& e, const moment& now, std::vector<alert_change>& out);
  bool is_silenced(const alert& a) const;

  const alert_limits limits_;
  std::map<key, entry> active_;
  std::deque<alert> resolved_; ///< latest first
  std::map<uint64_t, alert_silence> silences_;
  uint64_t next_silence_ = 1;
  bool changed_ = false;
};

/// The silence that ends last, of those that fit; null: none does.
const alert_silence* silence_of(const std::vector<alert_silence>& all, const alert& a);

} // namespace callboard
