#include "actors/scheduler/gateway.hpp"

#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <vector>

namespace callboard {

namespace {

using self_pointer = observed_pointer<gateway_actor, gateway_state>;

/// An answer that counts its request out when it is given, or dropped.
template <class T>
answer<T> counted(const std::shared_ptr<std::atomic<uint32_t>>& outstanding, answer<T> inner) {
  return answer<T>{[outstanding, inner = std::move(inner)](result<T> x) {
    outstanding->fetch_sub(1, std::memory_order_relaxed);
    inner.deliver(std::move(x));
  }};
}

/// Goes on with the value, or gives up with the error.
template <class T, class Next>
answer<T> then(answer<T> outer, Next next) {
  return answer<T>{[outer = std::move(outer), next = std::move(next)](result<T> x) {
    if (!x)
      outer.deliver(std::move(x).err());
    else
      next(std::move(*x), outer);
  }};
}

/// Most calls are the queue manager's; those of workers over HTTP have their own actor.
template <class Call>
void pass_on(self_pointer self, Call& c) {
  if constexpr (std::is_constructible_v<work_call, Call>)
    self->send(self->state.options.http_workers, work_call{std::move(c)});
  else
    self->send(self->state.options.manager, std::move(c));
}
void pass_on(self_pointer self, workers_call& c) {
  self->send(self->state.options.workers, std::move(c));
}
void pass_on(self_pointer self, scale_call& c) {
  self->send(self->state.options.scaler, std::move(c));
}
void pass_on(self_pointer self, drain_call& c) {
  self->send(self->state.options.workers, std::move(c));
}
void pass_on(self_pointer self, actors_call& c) {
  self->send(self->state.options.inspector, std::move(c));
}
void pass_on(self_pointer self, dump_call& c) {
  self->send(self->state.options.inspector, std::move(c));
}
void pass_on(self_pointer self, restart_call& c) {
  constexpr std::string_view worker_prefix = "worker/";
  if (!c.actor.starts_with(worker_prefix))
    return self->send(self->state.options.root, std::move(c));
  c.actor.erase(0, worker_prefix.size());
  self->send(self->state.options.workers, std::move(c));
}

void pass_on(self_pointer self, metrics_call& c) {
  const auto& o = self->state.options;
  c.view.requests_outstanding = self->state.outstanding->load(std::memory_order_relaxed);
  c.view.log_lines_dropped = log_lines_dropped();
  c.view.node_messages_refused = network_door::refused();
  for (const auto& row : live_actors::instance().all())
    c.view.longest_turns[row.gauge->name] = row.gauge->turns.longest(turn_clock());
  // Counters are asked for last, so that they are not older than the numbers of jobs.
  const auto last = then(c.reply, [metrics = o.metrics](metrics_view v, const answer<metrics_view>& outer) {
    caf::anon_send(metrics, metrics_call{std::move(v), outer});
  });
  c.reply = then(last, [manager = o.manager](metrics_view v, const answer<metrics_view>& outer) {
    caf::anon_send(manager, metrics_call{std::move(v), outer});
  });
  c.rows_only = true;
  self->send(o.metrics, std::move(c));
}

void pass_on(self_pointer self, report_call& c) {
  const auto& o = self->state.options;
  c.pass_on = [manager = o.manager](report_call x) { caf::anon_send(manager, std::move(x)); };
  self->send(o.metrics, std::move(c));
}

void pass_on(self_pointer self, status_call& c) {
  const auto& o = self->state.options;
  c.view.version = o.version;
  c.reply = then(c.reply, [manager = o.manager](status_view v, const answer<status_view>& outer) {
    caf::anon_send(manager, status_call{std::move(v), outer});
  });
  self->send(o.workers, std::move(c));
}

void pass_on(self_pointer self, health_call& c) {
  const auto& o = self->state.options;
  const auto last = then(c.reply, [](health_view v, const answer<health_view>& outer) {
    v.ready = std::all_of(v.components.begin(), v.components.end(), [](const auto& x) { return x.ok; });
    outer.deliver(std::move(v));
  });
  const auto second = then(last, [workers = o.workers](health_view v, const answer<health_view>& outer) {
    caf::anon_send(workers, health_call{std::move(v), outer});
  });
  c.reply = then(second, [manager = o.manager](health_view v, const answer<health_view>& outer) {
    caf::anon_send(manager, health_call{std::move(v), outer});
  });
  self->send(o.keeper, std::move(c));
}

void on_call(self_pointer self, api_call& call) {
  auto& st = self->state;
  std::visit(
    [&](auto& c) {
      if (st.outstanding->fetch_add(1, std::memory_order_relaxed) >= st.options.outstanding_max) {
        st.outstanding->fetch_sub(1, std::memory_order_relaxed);
        return c.reply.deliver(
          error{ec::overloaded, "too many requests are under way (jobs.requests_outstanding_max is " +
                                  std::to_string(st.options.outstanding_max) + ")"});
      }
      c.reply = counted(st.outstanding, std::move(c.reply));
      pass_on(self, c);
    },
    call);
}

class gateway_backend final : public backend {
public:
  gateway_backend(std::shared_ptr<gateway_slot> slot, submit_observer observer)
    : slot_(std::move(slot)), observer_(std::move(observer)) {
  }
  void submit(submit_request r, reply<submit_answers> f) override {
    if (observer_)
      f = observed(r, std::move(f));
    hand(submit_call{std::make_shared<submit_request>(std::move(r)), answer<submit_answers>{std::move(f)}});
  }
  void get(job_id id, reply<job_ptr> f) override {
    hand(get_call{id, answer<job_ptr>{std::move(f)}});
  }
  void list(list_request r, reply<job_list> f) override {
    hand(list_call{std::move(r), answer<job_list>{std::move(f)}});
  }
  void cancel(job_id id, std::string reason, reply<job_ptr> f) override {
    hand(cancel_call{id, std::move(reason), answer<job_ptr>{std::move(f)}});
  }
  void retry(job_id id, reply<job_ptr> f) override {
    hand(retry_call{id, answer<job_ptr>{std::move(f)}});
  }
  void modify(job_id id, job_patch patch, reply<job_ptr> f) override {
    hand(modify_call{id, patch, answer<job_ptr>{std::move(f)}});
  }
  void put_schedule(schedule_definition d, bool create_only, std::optional<uint32_t> version,
                    reply<schedule_view> f) override {
    hand(schedule_put_call{std::move(d), create_only, version, answer<schedule_view>{std::move(f)}});
  }
  void pause_schedule(std::string name, bool paused, reply<schedule_view> f) override {
    using action = schedule_change_call::action;
    hand(schedule_change_call{std::move(name), paused ? action::pause : action::resume,
                              answer<schedule_view>{std::move(f)}});
  }
  void remove_schedule(std::string name, reply<schedule_view> f) override {
    hand(
      schedule_change_call{std::move(name), schedule_change_call::action::remove, answer<schedule_view>{std::move(f)}});
  }
  void run_schedule(std::string name, reply<submit_answer> f) override {
    hand(schedule_run_call{std::move(name), answer<submit_answer>{std::move(f)}});
  }
  void schedules(std::string after, uint32_t limit, reply<schedule_page> f) override {
    hand(schedule_list_call{std::move(after), limit, {}, answer<schedule_page>{std::move(f)}});
  }
  void schedule(std::string name, reply<schedule_view> f) override {
    hand(schedule_list_call{{}, 1, std::move(name), answer<schedule_page>{[f = std::move(f)](result<schedule_page> x) {
                              if (x)
                                f(std::move(x->schedules.front()));
                              else
                                f(std::move(x).err());
                            }}});
  }
  void schedule_history(std::string name, reply<schedule_versions> f) override {
    hand(schedule_history_call{std::move(name), answer<schedule_versions>{std::move(f)}});
  }
  void explain(job_id id, reply<explanation> f) override {
    hand(explain_call{id, answer<explanation>{std::move(f)}});
  }
  void limit(limit_target t, reply<limit_view> f) override {
    hand(limit_call{std::move(t), {}, {}, answer<limit_view>{std::move(f)}});
  }
  void set_limit(limit_target t, limit_rule rule, reply<limit_view> f) override {
    hand(limit_call{std::move(t), rule, {}, answer<limit_view>{std::move(f)}});
  }
  void pause_limit(limit_target t, bool paused, reply<limit_view> f) override {
    hand(limit_call{std::move(t), {}, paused, answer<limit_view>{std::move(f)}});
  }
  void limits(limit_kind kind, std::string queue, std::string after, uint32_t limit, reply<limit_page> f) override {
    hand(limits_call{kind, std::move(queue), std::move(after), limit, answer<limit_page>{std::move(f)}});
  }
  void put_template(template_draft d, std::optional<uint32_t> version, reply<template_change> f) override {
    hand(template_put_call{std::move(d), version, answer<template_change>{std::move(f)}});
  }
  void remove_template(std::string name, reply<template_head> f) override {
    hand(template_remove_call{std::move(name), answer<template_head>{std::move(f)}});
  }
  void templates(std::string after, uint32_t limit, reply<template_page> f) override {
    hand(template_list_call{std::move(after), limit, answer<template_page>{std::move(f)}});
  }
  void template_at(std::string name, std::optional<uint32_t> version, reply<template_version> f) override {
    hand(template_read_call{std::move(name), version, false,
                            answer<template_versions>{[f = std::move(f)](result<template_versions> x) {
                              if (x)
                                f(std::move(x->versions.front()));
                              else
                                f(std::move(x).err());
                            }}});
  }
  void template_history(std::string name, reply<template_versions> f) override {
    hand(template_read_call{std::move(name), {}, true, answer<template_versions>{std::move(f)}});
  }
  void workers(reply<std::vector<worker_view>> f) override {
    hand(workers_call{{}, answer<std::vector<worker_view>>{std::move(f)}});
  }
  void worker(std::string name, reply<worker_view> f) override {
    workers([name = std::move(name), f = std::move(f)](result<std::vector<worker_view>> all) {
      if (!all)
        return f(std::move(all).err());
      for (auto& w : *all)
        if (w.name == name)
          return f(std::move(w));
      f(error{ec::unknown_worker, "there is no worker " + name, "id"});
    });
  }
  void scale(scale_request r, reply<scale_view> f) override {
    hand(scale_call{r, answer<scale_view>{std::move(f)}});
  }
  void scaling(reply<scale_view> f) override {
    hand(scale_call{{}, answer<scale_view>{std::move(f)}});
  }
  void drain(drain_request r, reply<worker_view> f) override {
    hand(drain_call{std::move(r), answer<worker_view>{std::move(f)}});
  }
  void actors(reply<std::vector<actor_view>> f) override {
    hand(actors_call{answer<std::vector<actor_view>>{std::move(f)}});
  }
  void dump_actor(std::string name, std::string node, reply<actor_dump> f) override {
    hand(dump_call{std::move(name), std::move(node), answer<actor_dump>{std::move(f)}});
  }
  void restart_actor(std::string name, reply<actor_view> f) override {
    hand(restart_call{std::move(name), answer<actor_view>{std::move(f)}});
  }
  void sign_up(sign_up_request r, reply<work_session> f) override {
    hand(sign_up_call{std::move(r), answer<work_session>{std::move(f)}});
  }
  void claim(claim_request r, reply<claim_answer> f) override {
    hand(claim_call{std::move(r), answer<claim_answer>{std::move(f)}});
  }
  void renew(session_request r, reply<work_news> f) override {
    hand(renew_call{std::move(r), answer<work_news>{std::move(f)}});
  }
  void end_attempt(outcome_request r, reply<done> f) override {
    hand(outcome_call{std::move(r), answer<done>{std::move(f)}});
  }
  void note_progress(progress_request r, reply<work_news> f) override {
    hand(progress_call{std::move(r), answer<work_news>{std::move(f)}});
  }
  void leave(session_request r, reply<done> f) override {
    hand(leave_call{std::move(r), answer<done>{std::move(f)}});
  }
  void ended(ended_query q, reply<ended_page> f) override {
    hand(ended_call{std::move(q), answer<ended_page>{std::move(f)}});
  }
  void report(report_query q, reply<report_answer> f) override {
    hand(report_call{std::move(q), nullptr, {}, answer<report_answer>{std::move(f)}});
  }
  void metrics(reply<metrics_view> f) override {
    metrics_call c;
    c.reply = answer<metrics_view>{std::move(f)};
    hand(std::move(c));
  }
  void status(reply<status_view> f) override {
    status_call c;
    c.reply = answer<status_view>{std::move(f)};
    hand(std::move(c));
  }
  void health(reply<health_view> f) override {
    hand(health_call{{}, answer<health_view>{[f = std::move(f)](result<health_view> x) {
                       // A part that cannot answer is news for whoever asks for health, not an error.
                       if (x)
                         return f(std::move(x));
                       health_view v;
                       v.components.push_back({"scheduler", false, x.err().message});
                       f(std::move(v));
                     }}});
  }

private:
  template <class Call>
  void hand(Call c) {
    if (auto g = slot_->get())
      caf::anon_send(g, api_call{std::move(c)});
    else
      c.reply.deliver(error{ec::starting, "the scheduler is starting"});
  }

  /// An answer that the observer hears of as well.
  reply<submit_answers> observed(const submit_request& r, reply<submit_answers> f) const {
    std::vector<boxed<trace_context>> came;
    came.reserve(r.jobs.size());
    for (const auto& job : r.jobs)
      came.push_back(job.trace);
    const auto begun = std::chrono::floor<duration>(std::chrono::system_clock::now());
    return [came = std::move(came), begun, observer = observer_, f = std::move(f)](result<submit_answers> x) {
      if (x)
        for (size_t i = 0; i < std::min(came.size(), x->size()); ++i)
          if (const auto& a = (*x)[i]; a)
            observer(came[i], *a, begun);
      f(std::move(x));
    };
  }

  std::shared_ptr<gateway_slot> slot_;
  const submit_observer observer_;
};

} // namespace

gateway_actor::behavior_type gateway(self_pointer self, gateway_options options) {
  self->show_as("gateway", "root", [self]() -> actor_facts {
    return {{"requestsOutstanding", std::to_string(self->state.outstanding->load(std::memory_order_relaxed))},
            {"requestsOutstandingMax", std::to_string(self->state.options.outstanding_max)}};
  });
  self->state.options = std::move(options);
  return {
    [self](api_call& call) { on_call(self, call); },
    [self](metrics_started& x) { self->state.options.metrics = std::move(x.handle); },
  };
}

std::unique_ptr<backend> make_gateway_backend(std::shared_ptr<gateway_slot> slot, submit_observer observer) {
  return std::make_unique<gateway_backend>(std::move(slot), std::move(observer));
}

} // namespace callboard
