#pragma once

#include "config/settings.hpp"
#include "core/scheduler/scheduler.hpp"
#include "storage/group_commit.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulate/chronicle.hpp"
#include "simulate/simulated_store.hpp"
#include "simulate/timeline.hpp"

namespace callboard::simulate {

/// The scheduler's process of a run: the real core and the real state machines of jobs. Around them what actors do in
/// the product: a mailbox with turns, a store keeper that commits groups, alarms.
class scheduler_host final : public scheduler_port {
public:
  /// What the process has to do with the world outside of it.
  struct surroundings {
    timeline& time;
    simulated_store& store;
    chronicle& story;
    std::function<void(worker_id, node_orders)> order;
    std::function<void()> is_up;
    std::function<void(const job_record&)> written; ///< a new version of a job
  };
  scheduler_host(surroundings around, const settings& s, duration commit, uint64_t seed);

  bool up() const {
    return core_ != nullptr;
  }
  void start();
  /// The process is gone at this moment. What was not answered stays unanswered.
  void kill();
  /// The wall clock was set: it is noticed at the next look (scheduler.clock_look).
  void clock_was_set();
  /// The store works again.
  void store_was_mended();

  /// As it is shown; while there is no scheduler, as it is stored. None: there is no such schedule.
  std::optional<schedule_view> schedule(const std::string& name) const;
  /// None: there is no scheduler.
  std::optional<limit_view> limit(const limit_target& t) const;
  /// Codes of the reasons why a job has not started. Empty: there is no scheduler, or no such live job.
  std::vector<std::string> reasons(job_id id) const;

  /// An event for the core, by way of its mailbox. Dropped when the process is gone by then.
  template <class Event>
  void post(Event x) {
    auto shared = std::make_shared<Event>(std::move(x));
    later(duration{0}, [this, shared] {
      core_->on(*shared, around_.time.now());
      turn();
    });
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
  /// Its clients say all that a job has.
  void use_type_rule(const std::string&, const limit_rule&) override {
  }
  result<std::vector<std::string>> expand(const fan_out& f, const std::string& payload,
                                          const std::vector<job_record>& jobs) override;
  void commit(commit_part part) override;
  std::string record_of(const schedule_definition& d) override;
  void order(worker_id w, node_orders orders) override;
  void measured(metrics_delta) override {
  }
  /// A scenario looks at jobs, not at what is told of them.
  void tell(std::vector<scheduler_event>&&) override {
  }
  void say(tone t, const std::string& line) override;

private:
  /// `f` happens after `d`, if this process lives then.
  void later(duration d, std::function<void()> f);
  std::vector<stored_schedule> stored_schedules() const;
  std::vector<stored_limit> stored_limits() const;
  void turn();
  void run_jobs();
  void react_to(job_id id, job_command& c);
  void set_alarm();
  void ring_later();
  void ring();
  void begin_commit_soon();
  void begin_commit();
  void end_commit(group_commit::made& x);
  void tell_written(const commit_report& report);

  static constexpr moment never{time_point::max(), steady_point::max()};

  surroundings around_;
  decision_settings decisions_;
  life_limits limits_;
  duration clock_look_;
  duration commit_takes_;
  uint64_t seed_;

  std::unique_ptr<scheduler> core_;
  uint64_t boot_ = 0;
  std::map<job_id, job_record> jobs_; ///< those whose actors are in memory
  std::deque<std::pair<job_id, job_command>> told_;
  /// Changes on their way to the disk, by job and token: what is true when they are there.
  std::map<std::pair<job_id, uint64_t>, job_record> unwritten_;
  std::vector<commit_part> parts_;
  group_commit group_;
  bool committing_ = false;
  moment armed_ = never;
  uint64_t alarms_ = 0; ///< set so far; only the last one rings
  duration rang_at_{-1};
  uint32_t rings_ = 0; ///< at that moment
  bool spins_ = false;
};

} // namespace callboard::simulate
