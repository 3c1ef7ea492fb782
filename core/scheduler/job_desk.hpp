#pragma once

#include "core/job/job_command.hpp"
#include "core/scheduler/calls.hpp"
#include "core/scheduler/moment.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// Why a job is told something.
/// `run_late`: a missed deadline that does not end it.
// clang-format off
enum class purpose : uint8_t {
  create, arm, place, start, checkpoint, finish, lose, adopt, cancel, miss_deadline, run_late, retry, modify, fan_out
};
// clang-format on

/// One event for one job, with what is to be done when its note comes back.
struct errand {
  purpose why = purpose::create;
  job_command::event_type event;
  answer<job_ptr> reply{}; ///< whoever asked for it
  fence_token attempt{};
  worker_id worker{};
  uint64_t group = 0; ///< its version is written together with others'
  bool heads_group = false;
};
/// Events are large and pass through several hands: what is handed on is the pointer.
using errand_ptr = std::unique_ptr<errand>;

/// @param event  one of job_command's.
template <class Event>
errand_ptr make_errand(purpose why, Event event) {
  auto e = std::make_unique<errand>();
  e->why = why;
  e->event.emplace<Event>(std::move(event));
  return e;
}

/// Who sees to it that an event which could not be written happens all the same.
enum class repeater : uint8_t {
  client,    ///< it is told, and may ask again
  worker,    ///< an outcome that is not acknowledged is reported again
  group,     ///< it follows from the event of the group's head
  line,      ///< its job is placed anew, and it is decided anew
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

  /// A new job, whose actor is spawned with it and gets this event first.
  void create(job_id id, errand_ptr e);
  /// The actor of a job that was loaded has been spawned.
  void arrive(job_id id);
  /// Adds an event. Without an actor: the job is wanted (`take_wanted`).
  void add(job_id id, errand_ptr e);
  /// In front of all others, for a job that is just being loaded.
  void add_first(job_id id, errand_ptr e);
  /// The checkpoint of this attempt that still waits for its turn, if there is one: a newer one takes its place.
  job_command::checkpoint* waiting_checkpoint(job_id id, fence_token f);
  /// What `next` would give.
  errand* about_to_give(job_id id);
  /// Forgets what `next` would give.
  void skip(job_id id);
  /// What the job's actor is to be told now, but for the time; nothing when it is busy, or nothing waits.
  std::optional<job_command> next(job_id id);
  /// The note of an event: what it was for. Null when nobody waits for it any more.
  errand_ptr take(job_id id, uint64_t token);
  /// The event is dealt with; the job is idle. Returns the readers that waited for it.
  std::vector<get_call> settle(job_id id);
  /// Waits until the job is settled. False: it has no actor, or one that is free to answer at once.
  bool wait_to_read(job_id id, get_call& call);

  /// The job's actor is gone. Events that nobody repeats are kept, and the job rests (`wake_resting`); the others are
  /// returned, with readers refused by `why`. @param failed  what it was busy with, taken before.
  std::vector<errand_ptr> rest(job_id id, errand_ptr failed, const error& why);
  /// The job is not to be had: nothing is kept.
  std::vector<errand_ptr> drop(job_id id, const error& why);
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
  /// An event is with its actor, or waits for it.
  bool is_busy(job_id id) const;
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
    errand_ptr current; ///< its event is kept only where the scheduler has to repeat it
    std::vector<errand_ptr> later;
    std::vector<get_call> readers;
  };
  entry* at(job_id id) const;
  void erase(job_id id);
  std::vector<errand_ptr> empty(entry& e, errand_ptr failed, const error& why, bool keep);

  std::unordered_map<job_id, entry> entries_;
  /// What was found last: questions about one job come in a row.
  mutable std::pair<job_id, entry*> found_{job_id{}, nullptr};
  std::vector<job_id> wanted_;
  uint64_t last_token_ = 0;
  size_t busy_ = 0;
  size_t resting_ = 0;
};

} // namespace callboard
