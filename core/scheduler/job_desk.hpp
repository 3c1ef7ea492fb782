#pragma once

#include "core/job/job_command.hpp"
#include "core/scheduler/calls.hpp"
#include "core/scheduler/moment.hpp"

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace callboard {

/// Why a job is told something.
enum class purpose : uint8_t { create, arm, place, start, finish, lose, adopt, cancel, miss_deadline, retry, modify };

/// One event for one job, with what is to be done when its note comes back.
struct errand {
  purpose why = purpose::create;
  job_command::event_type event;
  answer<job_ptr> reply{}; ///< whoever asked for it
  fence attempt{};
  worker_id worker{};
  uint64_t group = 0; ///< its version is written together with others'
  bool heads_group = false;
};

/// Who sees to it that an event which could not be written happens all the same.
enum class repeater : uint8_t {
  client,    ///< it is told, and may ask again
  worker,    ///< an outcome that is not acknowledged is told again
  group,     ///< it follows from the event of the group's head
  scheduler, ///< nobody else: it is kept
};
repeater repeater_of(const errand& e);

/// True when the event may make the job terminal.
bool may_end(purpose p);

/// Gives each job one event at a time and keeps the others in order. A job is here while its actor is in memory or
/// something is to happen to it:
///
///   loading  its record is being read
///   resting  a write failed; its events wait until the store is tried again
///   idle     its actor has nothing to do
///   busy     its actor has an event, and the note of it has not come back
class job_desk {
public:
  enum class presence : uint8_t { loading, resting, idle, busy };

  /// An event for the job's actor; the caller sends it now.
  struct given {
    job_id job;
    uint64_t token = 0;
    job_command::event_type event;
    uint64_t group = 0;
    bool with_view = false;
  };

  /// The job's actor is in memory: it was spawned.
  void arrive(job_id id);
  /// Adds an event. Without an actor: the job is wanted (`take_wanted`).
  void add(job_id id, errand e);
  /// In front of all others, for a job that is just being loaded.
  void add_first(job_id id, errand e);
  /// What `next` would give.
  errand* about_to_give(job_id id);
  /// Forgets what `next` would give.
  void skip(job_id id);
  /// What the job's actor is to be told next; nothing when it is busy, or nothing waits.
  std::optional<given> next(job_id id);
  /// The note of an event: what it was for. Nothing when nobody waits for it any more.
  std::optional<errand> take(job_id id, uint64_t token);
  /// The event is dealt with; the job is idle. Returns the readers that waited for it.
  std::vector<get_call> settle(job_id id);
  /// Waits until the job is settled. False: it has no actor, or one that is free to answer at once.
  bool wait_to_read(job_id id, get_call& call);

  /// The job's actor is gone. Events that nobody repeats are kept, and the job rests (`wake_resting`); the others are
  /// returned, with readers refused by `why`. @param failed  what it was busy with, taken before.
  std::vector<errand> rest(job_id id, std::optional<errand> failed, const error& why);
  /// The job is not to be had: nothing is kept.
  std::vector<errand> drop(job_id id, const error& why);
  /// Forgets an idle job.
  void forget(job_id id);

  /// Jobs whose records are to be read now.
  std::vector<job_id> take_wanted();
  /// The store may work again: jobs that rest are wanted.
  void wake_resting();
  size_t resting() const {
    return resting_;
  }

  std::optional<presence> find(job_id id) const;
  /// A placement or an adoption waits for it.
  bool gets_slot(job_id id) const;
  /// An event that may end the job is with it or waits for it.
  bool may_end(job_id id) const;
  /// It is busy with one, which is written without a group.
  bool ends_alone(job_id id) const;
  /// Jobs whose actors are in memory or wanted.
  size_t size() const {
    return entries_.size();
  }
  size_t busy() const {
    return busy_;
  }

  void sanity_check() const;

private:
  struct entry {
    presence state = presence::loading;
    uint64_t token = 0;
    std::optional<errand> current; ///< its event is kept only where the scheduler has to repeat it
    std::deque<errand> later;
    std::vector<get_call> readers;
  };
  std::vector<errand> empty(entry& e, std::optional<errand> failed, const error& why, bool keep);

  std::unordered_map<job_id, entry> entries_;
  std::vector<job_id> wanted_;
  uint64_t last_token_ = 0;
  size_t busy_ = 0;
  size_t resting_ = 0;
};

} // namespace callboard
