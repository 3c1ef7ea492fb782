#pragma once

#include "actors/scheduler/job.hpp"
#include "actors/scheduler/job_runner.hpp"
#include "actors/scheduler/queue_manager.hpp"
#include "core/scheduler/scheduler.hpp"
#include "messages/convert.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <type_traits>
#include <unordered_map>
#include <vector>

namespace callboard {

/// Does what the core decides: the queue manager's inside. It owns the job actors and knows the handles of workers and
/// of the store's actors; it decides nothing. Runs in the queue manager's context only.
class scheduler_shell final : public scheduler_port {
public:
  using self_pointer = observed_pointer<queue_manager_actor, queue_manager_state>;

  scheduler_shell(self_pointer self, queue_manager_options options);

  // -- start and end
  void begin();
  caf::result<uint64_t> on_start();
  caf::result<caf::ok_atom> on_drain();

  // -- events for the core: one turn each
  template <class Event>
  void on(Event& x) {
    core_.on(x, now());
    // What jobs answer comes in dozens: one turn for all that have come by now.
    constexpr bool of_job =
      std::is_same_v<Event, job_placed> || std::is_same_v<Event, job_note> || std::is_same_v<Event, group_part>;
    of_job ? end_turn_soon() : end_turn();
  }
  void on_flush();
  void on(worker_joined& x);
  void on(worker_reported& x);
  void on(worker_gone& x);
  void on_wake();

  // -- reading
  void on(get_call& x);
  void on(list_call& x);
  void on(page_request& x);
  overlay_answer overlays(const overlay_request& x) const;
  void on(schedule_list_call& x);
  void on(schedule_history_call& x);
  void on(limits_call& x);
  void on(template_list_call& x);
  void on(ended_call& x);
  void on(report_call& x);
  void on(template_read_call& x);
  void on(explain_call& x);
  void on(metrics_call& x);
  void on(status_call& x);
  void on(health_call& x);
  void on(workers_call& x);
  queue_load load() const;
  actor_facts facts() const;

  void on(metrics_started& x) {
    options_.metrics = std::move(x.handle);
  }

  // -- scheduler_port
  void spawn_job(job_id id, std::shared_ptr<job_record> rec) override;
  void tell_job(job_id id, job_command command) override;
  void tell_job(job_id id, job_progress progress) override;
  void read_job(job_id id, get_call call) override;
  void drop_job(job_id id) override;
  void load_jobs(std::vector<job_id> ids) override;
  void read_store(uint64_t request, read_request r) override;
  result<std::string> fill_in(const std::string& payload, const std::vector<job_record>& jobs) override;
  result<std::vector<std::string>> expand(const fan_out& f, const std::string& payload,
                                          const std::vector<job_record>& jobs) override;
  void commit(commit_part part) override;
  void use_type_rule(const std::string& type, const limit_rule& rule) override;
  std::string record_of(const schedule_definition& d) override;
  void order(worker_id w, node_orders orders) override;
  void measured(metrics_delta delta) override;
  void tell(std::vector<scheduler_event>&& events) override;
  void say(tone t, const std::string& line) override;

private:
  bool may_be_kept(std::string_view checkpoint, const attempt_ref& of) const;
  static constexpr moment never{time_point::max(), steady_point::max()};

  void on_opened(store_opened& x);
  void recover_from(job_id from);
  void recovered(const std::optional<error>& failed);
  void write_types(const std::vector<std::string>& types);
  void end_turn();
  void end_turn_soon();
  void set_alarm();
  moment now() const {
    return {options_.clock.now(self_), time_source::steady(self_)};
  }
  /// Sends to a job; `runner_` lets it act at the end of the turn.
  template <class Message>
  void tell(job_id id, Message&& x);

  self_pointer self_;
  queue_manager_options options_;
  scheduler core_;
  std::shared_ptr<job_context> context_;
  store_reader_actor reader_;
  boost::unordered_flat_map<job_id, job_actor, std::hash<job_id>> jobs_;
  std::unordered_map<worker_id, worker_proxy_actor> workers_;
  job_runner runner_;
  result_check results_;
  std::map<std::string, std::string> type_records_; ///< as on disk, or on the way there
  time_point started_at_{};
  moment alarm_ = never;   ///< that the timekeeper has
  bool turn_ends_ = false; ///< a message to itself is on the way
  std::vector<caf::typed_response_promise<uint64_t>> start_waiters_;
  std::vector<caf::typed_response_promise<caf::ok_atom>> drain_waiters_;
};

} // namespace callboard
