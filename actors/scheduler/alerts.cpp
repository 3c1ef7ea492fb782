#include "actors/scheduler/alerts.hpp"

#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"

#include <utility>

#include "alerts/alert_notice.hpp"

namespace callboard {

namespace {

using self_pointer = observed_pointer<alerts_actor, alerts_state>;

void look_again(self_pointer self) {
  auto& st = self->state;
  self->send(st.options.timekeeper, wake_request{time_source::steady(self) + st.options.config->alerts.every,
                                                 caf::actor_cast<caf::actor>(self)});
}

void ask(self_pointer self) {
  auto& st = self->state;
  st.awaiting = true;
  st.options.back->metrics([who = alerts_actor{self}, asked = ++st.asked](result<metrics_view> x) {
    caf::anon_send(who, figures_came{asked, x ? std::make_shared<const metrics_view>(std::move(*x)) : nullptr});
  });
}

void write_log(const alert& a, bool fires) {
  const auto& row = row_of(a.rule);
  if (!fires)
    log().info("alert resolved: {} ({})", summary_of(a), row.name);
  else if (row.severity == alert_severity::critical)
    log().error("alert: {}. {} ({}, {})", summary_of(a), row.advice, row.name, alert_id_text(a.id));
  else
    log().warn("alert: {}. {} ({}, {})", summary_of(a), row.advice, row.name, alert_id_text(a.id));
}

scheduler_event event_of(const alert& a, bool fires, time_point now) {
  constexpr std::string_view queue = "queue/", type = "type/";
  scheduler_event e;
  e.kind = fires ? event_kind::alert_fired : event_kind::alert_resolved;
  e.at = now;
  e.set(&event_details::name, std::string{to_string(a.rule)});
  if (a.target.starts_with(queue))
    e.queue = a.target.substr(queue.size());
  if (a.target.starts_with(type))
    e.type = a.target.substr(type.size());
  e.set(&event_details::reason, event_reason(summary_of(a)));
  return e;
}

/// Submits the jobs that tell of it. One that is there already was submitted before, by a request whose answer was
/// lost.
void submit_notices(self_pointer self, const alert& a, bool fires) {
  auto& st = self->state;
  auto jobs = alert_notices(a, fires, *st.options.config, st.options.around.webhook_secret, st.options.clock.now(self));
  if (jobs.empty())
    return;
  st.notices += jobs.size();
  submit_request r;
  r.jobs = std::move(jobs);
  st.options.back->submit(std::move(r),
                          [who = alerts_actor{self}, id = a.id](result<std::vector<result<submit_answer>>> x) {
                            std::string why;
                            if (!x)
                              why = x.err().message;
                            else
                              for (const auto& one : *x)
                                if (!one && one.err().code != ec::idempotency_conflict)
                                  why = one.err().message;
                            if (!why.empty())
                              caf::anon_send(who, notice_refused{id, std::move(why)});
                          });
}

void look(self_pointer self, const metrics_view* jobs) {
  auto& st = self->state;
  auto& around = st.options.around;
  ++st.looks;
  st.looks_blind += jobs == nullptr;
  const auto now = st.options.clock.now(self);
  const alert_figures f{jobs, around.certificates(), around.audit_fails()};
  std::vector<scheduler_event> events;
  for (const auto& c : around.board->look(f, {now, time_source::steady(self)})) {
    const bool fires = c.news == alert_news::fires || c.news == alert_news::tell_fires;
    if (c.news == alert_news::tell_fires || c.news == alert_news::tell_resolved) {
      submit_notices(self, c.subject, fires);
    } else {
      write_log(c.subject, fires);
      events.push_back(event_of(c.subject, fires, now));
    }
  }
  if (!events.empty())
    around.tell(std::move(events));
}

} // namespace

alerts_actor::behavior_type alerts(self_pointer self, alerts_options options) {
  self->show_as("alerts", "root", [self]() -> actor_facts {
    const auto& st = self->state;
    return {{"looks", std::to_string(st.looks)},
            {"looksWithoutFigures", std::to_string(st.looks_blind)},
            {"notices", std::to_string(st.notices)},
            {"noticesRefused", std::to_string(st.notices_refused)}};
  });
  self->state.options = std::move(options);
  look_again(self);
  return {
    [self](wake_atom) {
      if (self->state.awaiting)
        look(self, nullptr);
      ask(self);
      look_again(self);
    },
    [self](figures_came& x) {
      auto& st = self->state;
      if (x.asked != st.asked || !std::exchange(st.awaiting, false))
        return;
      look(self, x.jobs.get());
    },
    [self](notice_refused& x) {
      auto& st = self->state;
      ++st.notices_refused;
      log().warn("nobody was told of {}: {}", alert_id_text(x.alert), x.reason);
      st.options.around.board->was_not_told(x.alert);
    },
  };
}

} // namespace callboard
