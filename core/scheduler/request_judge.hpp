#pragma once

#include "core/scheduler/batch_order.hpp"
#include "core/scheduler/calls.hpp"
#include "core/scheduler/job_index.hpp"
#include "core/scheduler/key_register.hpp"
#include "core/scheduler/limit_book.hpp"
#include "core/scheduler/queue_room.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace callboard {

/// What admission needs to know of the rest.
struct admission_facts {
  moment now;
  /// An event that may end the job is with its actor or on its way to the disk.
  std::function<bool(job_id)> may_end;
  /// When a job with that priority will probably start.
  std::function<time_point(uint8_t)> estimate;
  /// How long jobs of a type run.
  std::function<duration(uint16_t)> mean_run;
  bool complete = true; ///< the index has all live jobs
  /// An event is with the job's actor, or waits for it, so that it may be about to change.
  std::function<bool(job_id)> is_busy;
  job_id perhaps_running_below; ///< jobs below it may run on a worker of the former scheduler
};

/// What becomes of one job of a request.
struct verdict {
  std::optional<error> refusal;
  std::optional<submit_answer> known;        ///< the key names this job
  std::optional<prerequisite_end> known_end; ///< of that job, when it is over
  std::optional<size_t> twin;                ///< the same key, further ahead in the same request
  refusal_to_run never;
  std::optional<job_id> replaces; ///< the holder of its unique key
  std::vector<job_id> sheds;      ///< those that make room for it in its queue
  std::optional<job_class> cls;   ///< acquired: it is new, and accepted
  uint64_t digest = 0;
};

/// Judges the jobs of one request: each by its keys, by its dependencies, by what there is room for. It changes nothing
/// but the classes of the accepted ones, which it has acquired, and releases again unless they are kept.
class request_judge {
public:
  struct surroundings {
    job_index& index;
    const limit_book& limits;
    const key_register& keys;
    const queue_sums& under_way; ///< see queue_room
    const std::unordered_map<job_id, std::vector<job_id>>& unborn_dependants;
    size_t unborn = 0;        ///< jobs that are being written
    uint64_t waiting_max = 0; ///< live jobs at most
  };
  /// All must live as long. @param known  what was read of the store for it; null: nothing was to be read.
  request_judge(surroundings s, submit_request& wanted, const read_answer* known, const admission_facts& facts);
  ~request_judge();
  request_judge(const request_judge&) = delete;
  request_judge& operator=(const request_judge&) = delete;

  enum class end : uint8_t {
    judged,
    out_of_date, ///< what was read of the store: it is to be read again
    waits,       ///< until what may end `awaited` is settled
  };
  end run();
  job_id awaited() const {
    return awaited_;
  }

  // -- when it is judged
  std::vector<verdict>& verdicts() {
    return all_;
  }
  const batch_order& order() const {
    return order_;
  }
  /// All jobs are accepted, or none.
  bool is_atomic() const {
    return atomic_;
  }
  bool any_refused() const {
    return refused_;
  }
  size_t accepted() const {
    return accepted_;
  }
  /// The acquired classes belong to the jobs from now on.
  void keep_classes() {
    kept_ = true;
  }

private:
  end judge(size_t i);
  void judge_key(size_t i);
  bool judge_unique(size_t i);
  bool judge_new(size_t i);
  bool judge_room(size_t i);
  bool judge_dependency(job_spec& spec, size_t k, verdict& v) const;
  bool judge_inner_dependency(size_t i, size_t k);
  void refuse_to_depend_on_replaced();
  void refuse_behind(size_t i, const std::set<job_id>& replaced);
  void refuse_accepted(size_t i, error why);
  bool stays(job_id id);
  bool waits_for_one_of(job_id id, const std::set<job_id>& others) const;
  submit_answer answer_again(const job_record& rec) const;

  surroundings s_;
  submit_request& wanted_;
  const read_answer* known_;
  const admission_facts& facts_;
  const batch_order order_;
  const bool atomic_;
  std::vector<verdict> all_;
  std::unordered_map<std::string_view, size_t> keys_here_; ///< idempotency keys of the request, by who has it first
  std::unordered_map<std::string, size_t> unique_here_;    ///< the same of unique keys
  queue_room room_;
  std::optional<std::set<job_id>> named_; ///< jobs that the request depends on, or knows by their keys
  size_t accepted_ = 0;
  bool refused_ = false;
  bool kept_ = false;
  job_id awaited_;
};

} // namespace callboard
