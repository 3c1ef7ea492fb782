#pragma once

#include "core/base/error.hpp"
#include "core/calendar/schedule_step.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// The schedules there are, where each stands, and which of them is due. A function of what was written: where a
/// schedule will stand counts once it is on the disk, and until then nothing else is decided for it.
class schedule_book {
public:
  struct entry {
    schedule_ptr definition;
    schedule_progress progress;
    std::string trouble; ///< why the last decision could not be written
  };

  // -- schedules come, change and go; each call is about one that is not `busy`
  void put(schedule_ptr definition, schedule_progress progress);
  void set_progress(const std::string& name, schedule_progress progress);
  void remove(const std::string& name);

  // -- decisions
  struct decision {
    schedule_ptr definition;
    schedule_step step;
  };
  /// The next decision that is due, for a schedule that is busy from now on until it is settled.
  std::optional<decision> decide(time_point now, const std::function<bool(job_id)>& lives);
  /// A decision by hand: where the schedule stands when its job `job` is written. It is busy from now on.
  void begin(const std::string& name, schedule_progress after);
  /// The decision's job has this id: it is settled when the job is.
  void submitted(const std::string& name, job_id job);
  /// What was decided is given up: the schedule stands where it stood.
  void release(const std::string& name);
  /// What was decided is written, or is not: then it is decided anew after `wake`.
  void settle(const std::string& name, const std::optional<error>& failed);

  // -- what happens to jobs; of any schedule or of none
  /// The name of the schedule whose job it is; empty: of none.
  std::string on_job_written(job_id id);
  /// True: it was a schedule's, whose decision rests until `wake`.
  bool on_job_unwritten(job_id id, const error& why);
  void on_job_ended(job_id id);

  // -- time
  /// When `decide` has something to do; the end of time: nothing that is known.
  time_point next_due() const {
    return due_.empty() ? time_point::max() : due_.begin()->first;
  }
  /// Schedules whose decision could not be written.
  bool any_resting() const {
    return !resting_.empty();
  }
  void wake();

  /// Decisions that are being written.
  size_t under_way() const {
    return busy_.size();
  }
  bool is_busy(const std::string& name) const {
    return busy_.count(name) != 0;
  }
  /// Null: there is none.
  const entry* find(std::string_view name) const;
  const auto& all() const {
    return entries_;
  }

  /// Throws std::logic_error when the parts contradict each other.
  void sanity_check() const;

private:
  void plan_at(const std::string& name, std::optional<time_point> at);
  void plan(const std::string& name, const entry& e);
  void take_out(const std::string& name);
  void watch(const std::string& name, const schedule_progress& p, bool on);

  std::map<std::string, entry, std::less<>> entries_;
  std::set<std::pair<time_point, std::string>> due_;        ///< neither busy nor resting
  std::unordered_map<std::string, time_point> planned_;     ///< the entries of `due_`
  std::unordered_map<std::string, schedule_progress> busy_; ///< where they will stand
  std::unordered_map<job_id, std::string> writing_;         ///< jobs of busy schedules
  std::unordered_map<job_id, std::string> awaited_;         ///< unfinished jobs for whose end a fire time waits
  std::set<std::string> resting_;
};

} // namespace callboard
