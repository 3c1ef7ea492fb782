#include "http/api/workflow_actions.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace callboard {

namespace {

using steady = std::chrono::steady_clock;
using change_reply = std::function<void(result<workflow_change>)>;

/// Answers with the workflow as it is now.
void look_again(workflow_turn_ptr turn, const std::string& id, uint64_t jobs, change_reply done) {
  turn->until = bulk_end(turn->a); // what was done is to be told, too
  load_workflow(std::move(turn), id, workflow_results::none, [jobs, done](result<workflow_view> v) {
    if (!v)
      return done(std::move(v).err());
    done(workflow_change{std::move(*v), jobs});
  });
}

/// What is to be done to which jobs of a workflow.
struct job_plan {
  bool last_first = false; ///< those that no other waits for come first, otherwise those that wait for no other
  std::function<bool(const workflow_job&)> wanted;
  std::function<void(backend&, job_id, reply<job_ptr>)> call;

  std::vector<job_id> jobs_of(const workflow_view& v) const {
    std::vector<job_id> jobs;
    for (const auto& j : v.jobs())
      if (!is_terminal(j.state) && wanted(j))
        jobs.push_back(j.id);
    if (last_first)
      std::reverse(jobs.begin(), jobs.end());
    return jobs;
  }
};

/// Does it to jobs, one after the other; several calls are under way.
class job_calls : public std::enable_shared_from_this<job_calls> {
public:
  /// @param changed  jobs that were changed before these
  job_calls(workflow_turn_ptr turn, std::string id, job_plan plan, std::vector<job_id> jobs, change_reply done,
            uint64_t changed = 0)
    : turn_(std::move(turn)), id_(std::move(id)), plan_(std::move(plan)), jobs_(std::move(jobs)),
      done_(std::move(done)), changed_(changed) {
  }

  /// Starts what may start; one thread at a time does.
  void go() {
    std::unique_lock lock{mutex_};
    if (going_)
      return;
    going_ = true;
    while (may_go_on() && outstanding_ < http_limits::bulk_outstanding_max) {
      const auto job = jobs_[at_++];
      ++outstanding_;
      lock.unlock();
      plan_.call(turn_->a.back, job, [self = shared_from_this()](result<job_ptr> r) { self->on(std::move(r)); });
      lock.lock();
    }
    going_ = false;
    if (outstanding_ > 0 || may_go_on())
      return;
    lock.unlock(); // nothing is under way, so nobody else comes
    if (failed_)
      return done_(std::move(*failed_));
    look_for_more();
  }

private:
  bool may_go_on() const {
    return at_ < jobs_.size() && !failed_ && (at_ == 0 || steady::now() < turn_->until);
  }

  /// A job may have fanned out meanwhile: its elements are dealt with as well.
  void look_for_more() {
    turn_->until = bulk_end(turn_->a); // what was done is to be told, too
    load_workflow(turn_, id_, workflow_results::none, [self = shared_from_this()](result<workflow_view> v) {
      if (!v)
        return self->done_(std::move(v).err());
      auto more = self->plan_.jobs_of(*v);
      const bool fresh = std::any_of(more.begin(), more.end(), [&](job_id id) {
        return std::find(self->jobs_.begin(), self->jobs_.end(), id) == self->jobs_.end();
      });
      if (!fresh)
        return self->done_(workflow_change{std::move(*v), self->changed_});
      std::make_shared<job_calls>(self->turn_, self->id_, self->plan_, std::move(more), self->done_, self->changed_)
        ->go();
    });
  }

  void on(result<job_ptr> r) {
    {
      const std::lock_guard lock{mutex_};
      --outstanding_;
      if (r)
        ++changed_;
      else if (r.err().code != ec::invalid_state && r.err().code != ec::unknown_job) // those have ended meanwhile
        failed_ = std::move(r).err();
    }
    go();
  }

  const workflow_turn_ptr turn_;
  const std::string id_;
  const job_plan plan_;
  const std::vector<job_id> jobs_;
  const change_reply done_;

  std::mutex mutex_;
  bool going_ = false;
  size_t at_ = 0; // the next job
  uint32_t outstanding_ = 0;
  uint64_t changed_;
  std::optional<error> failed_;
};

void call_jobs(workflow_turn_ptr turn, const std::string& id, job_plan plan, change_reply done) {
  load_workflow(turn, id, workflow_results::none, [=, plan = std::move(plan)](result<workflow_view> v) {
    if (!v)
      return done(std::move(v).err());
    std::make_shared<job_calls>(turn, id, plan, plan.jobs_of(*v), done)->go();
  });
}

/// The places of the jobs to be submitted anew.
std::vector<size_t> unfinished(const workflow_view& v) {
  const auto& jobs = v.jobs();
  std::vector<std::vector<size_t>> waits_for(jobs.size());
  for (const auto& e : v.edges())
    waits_for[e.to].push_back(e.from);
  std::vector<bool> again(jobs.size());
  std::vector<size_t> out;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const auto& j = jobs[i];
    const bool skipped = j.state == job_state::cancelled && j.error && j.error->code == job_error_code::skipped;
    again[i] = skipped ? std::any_of(waits_for[i].begin(), waits_for[i].end(), [&](size_t d) { return again[d]; })
                       : j.state != job_state::completed;
    if (again[i])
      out.push_back(i);
  }
  return out;
}

/// A submit of these jobs. What they wait for is in the batch where it is submitted anew as well, else it is the latest
/// job of its key.
class retry_batch {
public:
  retry_batch(workflow_view v, std::vector<size_t> again) : view_(std::move(v)), again_(std::move(again)) {
    for (size_t i = 0; i < again_.size(); ++i)
      position_.emplace(view_.jobs()[again_[i]].id, i);
    specs_.resize(again_.size());
    found_.resize(again_.size());
  }

  /// A job of the workflow with its payload.
  void add(const job_record& j) {
    const auto at = position_.find(j.id);
    if (at == position_.end())
      return;
    specs_[at->second] = j.spec;
    found_[at->second] = true;
  }

  bool complete() const {
    return std::find(found_.begin(), found_.end(), false) == found_.end();
  }

  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const auto i : again_)
      out.push_back(view_.jobs()[i].key);
    return out;
  }

  submit_request request(time_point now) {
    submit_request r;
    r.atomic = true;
    for (size_t i = 0; i < specs_.size(); ++i) {
      auto& s = specs_[i];
      s.workflow->first = false;
      s.origin.reset();
      s.hold.reset();
      // Of two retries at the same time, or one that is repeated after a lost answer, only one submits.
      s.idempotency_key = view_.id() + "/retry/" + to_string(view_.jobs()[again_[i]].id);
      for (auto* at : {&s.schedule_at, &s.deadline, &s.finish_by})
        if (*at && **at <= now)
          at->reset();
      s.dependencies = latest(s.dependencies, i, r);
      // An element waits for a job before only if that is submitted anew; else it reads the result.
      if (s.for_each && s.for_each->stage == fan_out_stage::element)
        s.for_each->before = latest(s.for_each->before, i, r);
      r.jobs.push_back(std::move(s));
    }
    return r;
  }

private:
  /// What the job at `i` waits for: what is in the batch gets into `r`, the latest job of the key of each other one is
  /// returned.
  std::vector<dependency> latest(const std::vector<dependency>& all, size_t i, submit_request& r) const {
    std::vector<dependency> others;
    for (const auto& d : all)
      if (const auto place = view_.place_of(d.job); !place)
        others.emplace_back(d.job, d.on);
      else if (const auto inner = position_.find(view_.jobs()[*place].id); inner != position_.end())
        r.inner.push_back({i, inner->second, d.on});
      else
        others.emplace_back(view_.jobs()[*place].id, d.on);
    return others;
  }

  workflow_view view_;
  std::vector<size_t> again_; ///< places, each behind those that it waits for
  std::unordered_map<job_id, size_t> position_;
  std::vector<job_spec> specs_;
  std::vector<bool> found_;
};

void submit_batch(workflow_turn_ptr turn, const std::string& id, std::shared_ptr<retry_batch> batch,
                  change_reply done) {
  auto keys = batch->keys();
  auto& back = turn->a.back;
  back.submit(batch->request(turn->a.clock()),
              [turn, id, keys = std::move(keys), done](result<std::vector<result<submit_answer>>> answers) {
                if (!answers)
                  return done(std::move(answers).err());
                if (auto e = refusal_of(*answers, keys))
                  return done(std::move(*e));
                look_again(turn, id, keys.size(), done);
              });
}

error not_over(const workflow_view& v) {
  const auto p = v.progress();
  return {ec::invalid_state,
          "the workflow is " + std::string{to_string(v.state())} + ": " + std::to_string(p.running + p.waiting) +
            " of its jobs have not ended; wait for them, or cancel it",
          "id"};
}

} // namespace

std::optional<error> refusal_of(const std::vector<result<submit_answer>>& answers,
                                const std::vector<std::string>& keys) {
  if (answers.size() != keys.size())
    return error{ec::internal_error, "the scheduler did not answer for every job of the workflow"};
  std::optional<error> first;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i])
      continue;
    // The others of the batch are refused for the sake of that one.
    const bool cause = answers[i].err().code != ec::invalid_state;
    if (!first || cause) {
      auto e = answers[i].err();
      // The scheduler counts the jobs outside of the workflow only.
      if (e.field.starts_with("dependencies["))
        e.field = "dependencies";
      first = within(std::move(e), "jobs." + keys[i]);
    }
    if (cause)
      break;
  }
  return first;
}

void cancel_workflow(workflow_turn_ptr turn, const std::string& id, std::string reason, change_reply done) {
  const auto all = [](const workflow_job&) { return true; };
  call_jobs(
    std::move(turn), id,
    {true, all,
     [reason = std::move(reason)](backend& b, job_id job, reply<job_ptr> f) { b.cancel(job, reason, std::move(f)); }},
    std::move(done));
}

void hold_workflow(workflow_turn_ptr turn, const std::string& id, bool held, std::string reason, change_reply done) {
  job_patch change;
  change.held = held;
  change.reason = std::move(reason);
  call_jobs(std::move(turn), id,
            {held, [held](const workflow_job& j) { return j.held != held; },
             [change](backend& b, job_id job, reply<job_ptr> f) { b.modify(job, change, std::move(f)); }},
            std::move(done));
}

void retry_workflow(workflow_turn_ptr turn, const std::string& id, change_reply done) {
  load_workflow(turn, id, workflow_results::none, [turn, id, done](result<workflow_view> v) {
    if (!v)
      return done(std::move(v).err());
    if (!v->completed_at())
      return done(not_over(*v));
    auto again = unfinished(*v);
    if (again.empty())
      return done(error{ec::invalid_state, "the workflow has completed: there is nothing to retry", "id"});
    auto batch = std::make_shared<retry_batch>(std::move(*v), std::move(again));
    list_request query;
    query.workflow = id;
    query.payload = true;
    query.limit = std::min(http_limits::workflow_page_jobs, turn->a.http.list_limit_max);
    query.bytes_max = turn->a.http.list_bytes_max;
    visit_jobs(
      turn, std::move(query), [batch](const job_record& j) { batch->add(j); },
      [turn, id, batch, done](std::optional<error> e) {
        if (e)
          return done(std::move(*e));
        if (!batch->complete())
          return done(error{ec::invalid_state, "a job of the workflow was purged meanwhile", "id"});
        submit_batch(turn, id, batch, done);
      });
  });
}

} // namespace callboard
