#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace callboard {

/// A worker of a fleet that a command starts and stops.
struct fleet_member {
  std::string name;
  uint32_t jobs = 0;     ///< that it runs or holds
  bool cordoned = false; ///< gets no new jobs, by an earlier order
};

/// What is to be done next. Never both `start` and `stop`: one call of the command does one of them.
struct fleet_order {
  std::vector<std::string> take_back; ///< cordoned ones that are to work again
  std::vector<std::string> cordon;    ///< they are to get no new jobs, and to go once they have none
  uint32_t start = 0;                 ///< call the command for so many more
  std::vector<std::string> stop;      ///< call the command to stop these; they have nothing to do
};

/// Makes the size of a fleet follow the number that is wanted, by a command that starts and stops machines.
///
/// What was asked for takes time: machines boot, workers leave. Until then it counts as if it had happened, so that
/// nothing is asked for twice; after `patience` it is not coming any more, and is asked for again. A command that fails
/// is called again after a pause that doubles each time, up to `patience`. The emptiest workers go first, and only once
/// they have nothing to do; until then they are taken back when more are wanted.
class fleet_demand {
public:
  /// The first pause after a failed call.
  static constexpr duration first_pause = std::chrono::seconds{5};

  /// @param quiet_until  no call before: workers that joined before a restart join again in the meantime.
  explicit fleet_demand(duration patience, steady_point quiet_until = steady_point::min())
    : patience_(patience), quiet_until_(quiet_until) {
  }

  /// The next step towards `wanted` workers. An order with `start` or `stop` counts as given: no other one comes before
  /// `call_ended`.
  /// @param present  workers that have joined, but for those that somebody else has asked to leave.
  fleet_order decide(steady_point now, uint32_t wanted, const std::vector<fleet_member>& present);

  /// The command's call is over. What a failed one was to do is not counted on.
  void call_ended(steady_point now, bool succeeded);

  /// Workers that were asked for and have not joined.
  uint32_t expected() const noexcept;
  /// When time alone may change what is to be done; steady_point::max(): never.
  steady_point next_look() const noexcept;

  /// Throws std::logic_error when the state contradicts itself.
  void sanity_check() const;

private:
  struct expectation {
    uint32_t workers = 0;
    steady_point until; ///< max: the command is under way
  };

  void take_note(steady_point now, const std::vector<fleet_member>& present);
  bool may_call(steady_point now) const noexcept {
    return !calling_ && quiet_until_ <= now;
  }

  duration patience_;
  std::set<std::string> known_;                 ///< who was present at the last look
  std::deque<expectation> expected_;            ///< the oldest first
  std::map<std::string, steady_point> leaving_; ///< asked to leave and still there, until when that is believed
  bool calling_ = false;
  uint32_t failures_ = 0;    ///< calls that failed, in a row
  steady_point quiet_until_; ///< no call before; min: whenever there is something to do
};

} // namespace callboard
