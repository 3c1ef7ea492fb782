#include "core/scheduler/explain.hpp"

#include "core/job/unique_lane.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

/// Workers that are told of by name; of more it is told how many.
constexpr size_t workers_told = 20;
/// Jobs that a reason names.
constexpr size_t jobs_told = 20;

class explainer {
public:
  explainer(const scheduler& core, const job_entry& e, const moment& now)
    : core_(core), s_(core.state()), e_(e), now_(now) {
    out_.job = e.id;
    out_.state = e.state;
  }

  explanation run() {
    if (e_.has(job_flag::placed)) {
      say_where_it_is();
      say_hold(", and no other attempt is begun");
      return std::move(out_);
    }
    say_hold("");
    if (e_.has(job_flag::waits_for_jobs))
      say_dependencies();
    if (e_.has(job_flag::awaits_former))
      say("former_attempt", "A former attempt of the job has not ended on its worker.");
    if (e_.has(job_flag::backs_off))
      say_back_off();
    if (e_.due > now_.wall) {
      say("scheduled", "Its scheduleAt has not come.").until = e_.due;
      if (!e_.has(job_flag::held))
        out_.projected_start = std::max(e_.due, s_.dispatch.estimate(s_.index.urgency_of(e_).priority, now_));
    }
    say_limits();
    if (e_.has(job_flag::ready)) {
      say_preemption();
      say_its_turn();
    }
    if (s_.desk.find(e_.id) == job_desk::presence::resting)
      say("store", "The store could not be written or read; it is tried again soon.");
    if (s_.draining)
      say("shutting_down", "The scheduler is shutting down: nothing starts.");
    say_inherited();
    return std::move(out_);
  }

private:
  wait_reason& say(std::string code, std::string text) {
    out_.reasons.push_back({std::move(code), std::move(text), {}, {}, {}, {}});
    return out_.reasons.back();
  }
  time_point wall(steady_point t) const {
    return now_.wall + std::max(duration{0}, t - now_.steady);
  }

  void say_where_it_is() {
    const auto f = s_.ledger.of_job(e_.id);
    const auto* a = f ? s_.ledger.find(*f) : nullptr;
    const auto* at = a ? s_.ledger.find(a->worker) : nullptr;
    const std::string name = at ? *at->name : "a worker that is gone";
    if (a && a->preempted_for)
      say("preempted", "It is being stopped for " + to_string(a->preempted_for) + ", which is more urgent.").jobs = {
        a->preempted_for};
    if (e_.state == job_state::running)
      say("running", "It runs on " + name + ".").worker = name;
    else if (a && a->untold)
      say("placed", "It has a slot on " + name + "; the scheduler reads results of other jobs first.").worker = name;
    else
      say("placed", "It is with " + name + " and has not been reported to have started.").worker = name;
  }

  /// @param what_else  that goes with it
  void say_hold(const std::string& what_else) {
    const auto* h = s_.index.held().find(e_.id);
    if (h)
      say("held", "It is held" + what_else + (h->reason.empty() ? "." : ": " + h->reason)).since = h->at;
  }

  void say_dependencies() {
    auto jobs = s_.index.graph().waits_for(e_.id);
    const auto n = jobs.size();
    if (const auto all = s_.index.fanned_out(e_.id)) {
      jobs.resize(std::min(n, jobs_told));
      say("fan_out", "It has fanned out, and waits for " + std::to_string(n) + " of " + std::to_string(*all) +
                       (*all == 1 ? " job." : " jobs."))
        .jobs = std::move(jobs);
      return;
    }
    const auto* conditions = s_.index.graph().conditions_of(e_.id);
    std::string text = conditions ? conditions_text(*conditions)
                       : n == 1
                         ? "It waits for " + to_string(jobs.front()) + ", which is " + state_of(jobs.front()) + "."
                         : "It waits for " + std::to_string(n) + " jobs to complete.";
    if (n > jobs_told)
      jobs.resize(jobs_told);
    say("dependency", std::move(text)).jobs = std::move(jobs);
  }
  std::string conditions_text(const prerequisites& p) const {
    static constexpr std::array<std::string_view, 4> waits{
      "It waits for all of these: ", "It waits for one of these: ", "It waits until all of these are decided: ",
      "It waits until all of these are decided and none has failed: "};
    static constexpr std::array<std::string_view, 4> events{" to complete", " to fail", " to end", " to start"};
    std::string text{waits.at(static_cast<size_t>(p.rule))};
    size_t told = 0;
    for (const auto& d : p.jobs) {
      if (told == jobs_told) {
        text += ", and " + std::to_string(p.jobs.size() - told) + " more";
        break;
      }
      text += (told++ == 0 ? "" : ", ") + to_string(d.job) + std::string{events.at(static_cast<size_t>(d.on))} + " (" +
              (d.ended == job_ending::open ? state_of(d.job) : std::string{to_string(d.ended)}) + ")";
    }
    return text + ".";
  }
  std::string state_of(job_id id) const {
    const auto* e = s_.index.find(id);
    return e ? std::string{to_string(e->state)} + (e->has(job_flag::held) ? " and held" : "") : "not live";
  }

  void say_back_off() {
    const bool by_turn =
      e_.has(job_flag::retry_slot) && s_.limits.rule_of(target_of(s_, e_, limit_kind::type)).retry_rate;
    say(by_turn ? "retry_rate" : "backoff",
        by_turn ? "It waits for its turn among the retries of its type." : "It waits before the next attempt.")
      .until = wall(e_.ready_at);
  }

  void say_preemption() {
    if (const auto* p = s_.dispatch.preempting().find(e_.id)) {
      const auto* at = s_.ledger.find(p->worker);
      auto& r = say("preempting", "It gets the place of what is being stopped for it.");
      r.worker = at ? *at->name : "";
      for (auto f : p->victims)
        if (const auto* a = s_.ledger.find(f); a && a->preempted_for == e_.id)
          r.jobs.push_back(a->job);
      return;
    }
    const auto preempts_in = s_.index.shapes().at(e_.shape).preempts_in;
    if (preempts_in == 0)
      return;
    const auto queue = s_.index.queues().name(preempts_in - 1);
    if (const auto next = s_.limits.preempts_at(queue); next == steady_point::max())
      say("preemption_not_allowed", "It preempts, and its queue '" + std::string{queue} + "' does not allow that.");
    else if (next > now_.steady)
      say("preemption_rate", "Its queue '" + std::string{queue} + "' has preempted as often as it may.").until =
        wall(next);
  }

  void say_limits() {
    const auto queue = target_of(s_, e_, limit_kind::queue), type = target_of(s_, e_, limit_kind::type);
    say_limit(queue, "queue", "Its queue '" + queue.name + "' ");
    say_limit(type, "type", "Its job type '" + type.name + "' ");
    const auto key = target_of(s_, e_, limit_kind::key);
    if (is_unique_lane(key.key))
      say_unique(key);
    else if (!key.key.empty())
      say_limit(key, "key", "Its concurrency key '" + key.key + "' ");
  }
  void say_unique(const limit_target& t) {
    const auto scope = s_.limits.find(t);
    if (!scope)
      return;
    auto jobs = under_way_of(scope);
    std::erase(jobs, e_.id); // its own former attempt
    if (!jobs.empty())
      say("unique_running",
          "Another job with its unique key " + std::string{unique_key_of_lane(t.key)} + " is under way.")
        .jobs = std::move(jobs);
  }
  /// The first of those that count against it.
  std::vector<job_id> under_way_of(const limit_scope_ptr& scope) const {
    std::vector<job_id> jobs;
    s_.ledger.for_each_taken([&](const attempt_slot& a) {
      const auto all = a.units.all();
      if (jobs.size() < jobs_told && std::any_of(all.begin(), all.end(), [&](auto* u) { return *u == scope; }))
        jobs.push_back(a.job);
    });
    std::sort(jobs.begin(), jobs.end());
    return jobs;
  }
  void say_limit(const limit_target& t, const std::string& kind, const std::string& whose) {
    const auto scope = s_.limits.find(t);
    if (!scope)
      return;
    switch (scope->held(now_.steady)) {
    case limit_scope::hold::none:
      return;
    case limit_scope::hold::paused:
      say(kind + "_paused", whose + "is paused.");
      return;
    case limit_scope::hold::concurrency:
      say(kind + "_concurrency", whose + "is at its limit: " + std::to_string(scope->used) + " of " +
                                   std::to_string(scope->rule.concurrency) + " are under way.")
        .jobs = under_way_of(scope);
      return;
    case limit_scope::hold::rate:
      say(kind + "_rate", whose + "has used up its rate of " + std::to_string(scope->rule.rate->jobs) + " jobs.")
        .until = wall(scope->bucket->ready_at());
    }
  }

  /// What others that wait for it have made of it.
  void say_inherited() {
    const auto* share = s_.index.inherited().find(e_.id);
    if (!share || urgency{e_.priority, e_.must_start_by}.covers(share->of))
      return;
    const auto whole = s_.index.urgency_of(e_);
    std::string text;
    if (whole.priority > e_.priority)
      text = "with priority " + std::to_string(whole.priority) + " instead of " + std::to_string(e_.priority);
    auto& r = say("inherited_urgency", {});
    if (whole.must_start_by < e_.must_start_by) {
      text += (text.empty() ? "" : ", and ") + std::string{"as to be started in time for its deadline"};
      r.until = whole.must_start_by;
    }
    r.text = "It counts " + text + ", because " + to_string(share->from) + " waits for it.";
    r.jobs = {share->from};
  }

  void say_its_turn() {
    const auto* jobs = s_.index.line().find(e_.queue);
    if (jobs)
      out_.ahead = jobs->place_of(s_.index.ready_key(e_));
    const std::string whose = is_unique_lane(target_of(s_, e_, limit_kind::key).key) ? "unique key"
                              : e_.has(job_flag::keyed)                              ? "concurrency key"
                                                                                     : "queue";
    const bool only_its_turn = out_.reasons.empty() && !s_.draining && core_.members_awaited() == 0;
    if (core_.members_awaited() > 0)
      say("workers_awaited",
          "After a restart nothing starts before the former workers have come back or their leases are over.");
    if (s_.ledger.seats().empty()) {
      say("no_worker", "No worker is here.");
      return;
    }
    size_t told = 0, run_type = 0, fit_ever = 0, fit_now = 0;
    std::vector<wait_reason> lacks;
    for (const auto& [w, at] : s_.ledger.seats()) {
      const auto lack = s_.ledger.fit().lack_of(w, e_.shape);
      run_type += at.types.contains(s_.index.type_of(e_.shape));
      fit_ever += !lack || !lack->for_ever;
      fit_now += !lack;
      if (lack && told++ < workers_told)
        lacks.push_back({lack->for_ever ? "worker_lacks" : "worker_busy",
                         "Worker " + *at.name + ": " + lack->what + ".",
                         {},
                         {},
                         *at.name,
                         {}});
    }
    if (run_type == 0)
      say("no_worker_runs_type", "None of the " + std::to_string(s_.ledger.seats().size()) + " workers runs its type.");
    else if (fit_ever == 0)
      say("no_worker_fits", "No worker has what the job asks for, even when it is empty.");
    else if (out_.ahead.value_or(0) > 0)
      say("position", *out_.ahead == 1
                        ? std::string{"One ready job of its " + whose + " comes before it."}
                        : std::to_string(*out_.ahead) + " ready jobs of its " + whose + " come before it.");
    else if (fit_now == 0)
      say("workers_full", "It is next in its queue, and no worker that could run it has room.");
    else if (out_.reasons.empty())
      say("turn", "It is about to be placed, or jobs of other queues have their turn.");
    if (only_its_turn && fit_ever > 0)
      out_.projected_start = s_.dispatch.estimate(s_.index.urgency_of(e_).priority, now_);
    std::move(lacks.begin(), lacks.end(), std::back_inserter(out_.reasons));
  }

  const scheduler& core_;
  const scheduler_state& s_;
  const job_entry& e_;
  const moment& now_;
  explanation out_;
};

} // namespace

std::optional<explanation> explain(const scheduler& core, job_id id, const moment& now) {
  const auto* e = core.state().index.find(id);
  return e ? std::optional{explainer{core, *e, now}.run()} : std::nullopt;
}

explanation explain(const job_record& rec) {
  explanation x;
  x.job = rec.id;
  x.state = rec.state;
  std::string text = "The job is " + std::string{to_string(rec.state)} + '.';
  if (rec.error)
    text += " " + rec.error->code + (rec.error->message.empty() ? "" : ": " + rec.error->message);
  x.reasons.push_back({"ended", std::move(text), {}, rec.finished_at, rec.worker, {}});
  return x;
}

} // namespace callboard
