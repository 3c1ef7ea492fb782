#pragma once

#include "core/scheduler/request_judge.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace callboard {

/// From a submit request to jobs: which are accepted, which are known already (idempotency keys), which are refused.
/// Everything of an atomic batch, or nothing.
///
/// A request is decided in one step, on facts that cannot change before its jobs are committed: while one of its keys
/// belongs to a job that is being written, or one of its dependencies may be ending, it waits, and is looked at anew
/// when that is settled. What is in the store only is asked for first (`questions`).
class admission {
public:
  /// A live job that a new one takes the place of.
  struct removal {
    job_id job;
    refusal_to_run why; ///< REPLACED by its unique key, or SHED from a full queue
  };
  struct creation {
    std::shared_ptr<job_record> job; ///< its id and spec, which its actor is born with
    refusal_to_run never;            ///< why it is born cancelled, if it is
    std::vector<removal> removes;    ///< cancelled in the same write
  };
  struct decision {
    bool look_again = false; ///< what was read is out of date: ask the questions again
    bool atomic = false;     ///< all creations are written together
    std::vector<creation> create;
    uint64_t refused = 0, duplicates = 0;
    std::optional<job_id> id_bound; ///< to be written before or with the creations
  };

  /// @param waiting_max  live jobs at most.
  admission(uint64_t waiting_max, job_index& index, const limit_book& limits);
  /// @param floor  see id_generator.
  void start_ids(job_id floor);

  // -- requests
  uint64_t open(submit_call call, const moment& now);
  /// What only the store knows: who has these keys, and how finished dependencies ended. Nothing: decide at once.
  read_request questions(uint64_t request);
  /// The read that was asked for is over.
  void answered(uint64_t number) {
    keys_.read_ends(number);
  }
  /// @param known  the answer to `questions`; null if there were none. Answers what can be answered.
  decision decide(uint64_t request, const read_answer* known, const admission_facts& facts);
  /// Refuses all that is open, but for what is being written.
  void refuse_all(const error& why);

  // -- jobs that were created: each ends in one of these two. They return the requests to look at anew.
  struct birth {
    job_class cls;
    prerequisites waits_for;
    std::optional<duration> took; ///< since the request came, when it is answered as a whole
    std::vector<uint64_t> look_at;
    size_t sheds = 0; ///< jobs that made room for it
  };
  std::optional<birth> born(const job_note& n, const moment& now);
  std::vector<uint64_t> stillborn(job_id id, const error& why, const moment& now);
  /// The job's last event is settled: requests that waited for it.
  std::vector<uint64_t> settled(job_id id);

  bool has_unborn(job_id id) const {
    return unborn_.count(id) != 0;
  }
  /// Of a job that is being written; null: it is not.
  const job_class* class_of_unborn(job_id id) const {
    const auto i = unborn_.find(id);
    return i == unborn_.end() ? nullptr : &i->second.cls;
  }
  /// A job that is being written, and waits for another one.
  struct unborn_dependant {
    job_id job;
    bool conditional = false;
  };
  std::vector<unborn_dependant> unborn_dependants(job_id id) const;
  bool has_unborn_dependants(job_id id) const {
    return unborn_dependants_.count(id) != 0;
  }
  /// Jobs that are being written.
  size_t unborn() const {
    return unborn_.size();
  }
  bool is_open(uint64_t number) const {
    return requests_.count(number) != 0;
  }
  size_t open_requests() const {
    return requests_.size();
  }
  size_t keys_remembered() const {
    return keys_.written();
  }

  void sanity_check() const;

private:
  struct request {
    submit_call call;
    submit_answers answers;
    size_t remaining = 0;
    steady_point received{};
  };
  struct unborn_job {
    job_class cls;
    prerequisites waits_for;
    std::vector<std::string> keys; ///< names in the register
    time_point estimate;
    std::optional<time_point> projected_finish;
    uint64_t request = 0;
    size_t position = 0;       ///< in the request
    std::vector<size_t> twins; ///< positions of jobs that are the same by their key
    waiting_sum adds;          ///< to its queue, without those that make room for it
    size_t sheds = 0;          ///< those
    /// What it replaces in another queue is not counted there any more.
    std::optional<std::pair<uint32_t, waiting_sum>> elsewhere;
  };

  bool blocked(uint64_t number, const request& r, const admission_facts& f);
  void refuse_batch(uint64_t number, request_judge& judged, const admission_facts& f);
  void create_accepted(uint64_t number, request& r, request_judge& judged, const admission_facts& f, decision& d);
  void answer_others(uint64_t number, request_judge& judged, const admission_facts& f, decision& d);
  void create(uint64_t number, request& r, size_t i, job_id id, verdict& v, const admission_facts& f, decision& d);
  std::optional<duration> answer(uint64_t number, size_t i, result<submit_answer> a, const moment& now);
  void take_place(const verdict& v, job_id id, unborn_job& u, creation& c) const;
  void forget_dependencies(job_id id, const unborn_job& u);
  std::unordered_map<job_id, unborn_job>::node_type take_unborn(job_id id);
  std::vector<uint64_t> settle_keys(const unborn_job& u, const submit_answer* a);

  uint64_t waiting_max_;
  job_index& index_;
  const limit_book& limits_;
  queue_sums under_way_; ///< what queues get and lose by jobs that are being written
  id_generator ids_;
  std::map<uint64_t, request> requests_;
  uint64_t last_request_ = 0;
  key_register keys_;
  std::unordered_map<job_id, unborn_job> unborn_;
  std::unordered_map<job_id, std::vector<job_id>> unborn_dependants_;
  std::unordered_map<job_id, std::vector<uint64_t>> waiting_for_job_;
};

} // namespace callboard
