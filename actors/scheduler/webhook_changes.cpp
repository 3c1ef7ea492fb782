#include "actors/runtime/log.hpp"
#include "actors/scheduler/webhook_steps.hpp"
#include "messages/type_ids.hpp"

#include <utility>
#include <variant>

#include "webhooks/webhook_delivery.hpp"

namespace callboard::webhook_steps {

namespace {

using answers = std::vector<result<submit_answer>>;

void over(self_pointer self) {
  self->state.changing = false;
  next_request(self);
}

template <class T>
void refuse(self_pointer self, const answer<T>& reply, error why) {
  reply.deliver(std::move(why));
  over(self);
}

std::optional<webhook> find(self_pointer self, const std::string& name) {
  return on_board(self, [&](webhook_board::content& c) -> std::optional<webhook> {
    const auto* w = c.book.find(name);
    return w == nullptr ? std::nullopt : std::optional{*w};
  });
}

std::string fact_of(const std::string& name) {
  return std::string{webhook_prefix} + name;
}

/// Facts that are on the disk now, or are not.
void write(self_pointer self, fact_part part, std::function<void(const result<done>&)> then) {
  part.reply = answer<done>{back_here<done>(self, std::move(then))};
  caf::anon_send(self->state.options.keeper, std::move(part));
}

/// It is on the disk. @param at  with it the ends of jobs are followed; nothing: they are already, or need not be
void use(self_pointer self, const webhook& w, const std::optional<ended_cursor>& at) {
  auto& events = *self->state.options.around.events;
  on_board(self, [&](webhook_board::content& c) {
    const auto last = events.last();
    if (!c.seen)
      c.seen = last;
    c.book.put(w, last);
    if (at)
      c.ends.start(*at);
    else if (!c.book.any_wants_ends())
      c.ends = {};
  });
  follow(self);
}

void keep(self_pointer self, webhook w, const answer<webhook>& reply, const std::optional<ended_cursor>& at) {
  fact_part part;
  part.facts.emplace_back(fact_of(w.name), to_text(w));
  if (at)
    part.facts.emplace_back(webhooks_cursor_key, to_string(*at));
  write(self, std::move(part), [self, w = std::move(w), reply, at](const result<done>& ok) {
    if (!ok)
      return refuse(self, reply, ok.err());
    use(self, w, at);
    reply.deliver(w);
    over(self);
  });
}

/// The first that wants ends of jobs begins where they are now, so that a crash right after it loses none.
void keep(self_pointer self, webhook w, const answer<webhook>& reply) {
  const bool first = w.enabled && wants_ends(w) && on_board(self, [](webhook_board::content& c) {
                       return !c.ends.safe() || !c.book.any_wants_ends();
                     });
  if (!first)
    return keep(self, std::move(w), reply, std::nullopt);
  ask_for_place(self, [self, w = std::move(w), reply](const result<ended_cursor>& at) {
    at ? keep(self, w, reply, *at) : refuse(self, reply, at.err());
  });
}

void begin(self_pointer self, webhook_put& x) {
  const auto before = find(self, x.draft.name);
  if (before && x.create_only)
    return refuse(self, x.reply,
                  {ec::invalid_state, "there is a webhook '" + x.draft.name + "' already; PUT replaces it", "name"});
  const auto max = self->state.options.config->webhooks.max;
  if (!before && on_board(self, [](webhook_board::content& c) { return c.book.size(); }) >= max)
    return refuse(self, x.reply,
                  {ec::queue_full, "the limit of " + std::to_string(max) + " webhooks (webhooks.max) is reached"});
  const auto now = self->state.options.clock.now(self);
  auto w = std::move(x.draft);
  w.created_at = before ? before->created_at : now;
  w.changed_at = now;
  w.since = before && before->enabled ? before->since : now;
  const auto secret_before = before ? before->secret : std::string{};
  if (x.keep_secret)
    w.secret = secret_before;
  w.secret_changed_at = w.secret != secret_before ? std::optional{now}
                        : before                  ? before->secret_changed_at
                                                  : std::nullopt;
  keep(self, std::move(w), x.reply);
}

void remove(self_pointer self, webhook w, const answer<webhook>& reply) {
  fact_part part;
  part.removed.push_back(fact_of(w.name));
  write(self, std::move(part), [self, w = std::move(w), reply](const result<done>& ok) {
    if (!ok)
      return refuse(self, reply, ok.err());
    on_board(self, [&](webhook_board::content& c) {
      c.book.remove(w.name);
      if (!c.book.any_wants_ends())
        c.ends = {};
    });
    follow(self);
    reply.deliver(w);
    over(self);
  });
}

void begin(self_pointer self, webhook_change& x) {
  auto w = find(self, x.name);
  if (!w)
    return refuse(self, x.reply, unknown_webhook(x.name));
  if (x.what == webhook_change::action::remove)
    return remove(self, std::move(*w), x.reply);
  const bool enable = x.what == webhook_change::action::resume;
  if (w->enabled == enable) {
    x.reply.deliver(std::move(*w));
    return over(self);
  }
  const auto now = self->state.options.clock.now(self);
  w->enabled = enable;
  w->changed_at = now;
  if (enable)
    w->since = now;
  keep(self, std::move(*w), x.reply);
}

void begin(self_pointer self, webhook_test& x) {
  const auto w = find(self, x.name);
  if (!w)
    return refuse(self, x.reply, unknown_webhook(x.name));
  auto& st = self->state;
  const auto now = st.options.clock.now(self);
  submit_request r;
  r.jobs.push_back(delivery_job(*w, test_delivery(*w, now), webhook_test_kind, *st.options.config, now));
  st.options.back->submit(std::move(r), back_here<answers>(self, [self, reply = x.reply](const result<answers>& a) {
                            if (!a || a->empty())
                              return refuse(self, reply, a ? error{} : a.err());
                            if (!a->front())
                              return refuse(self, reply, a->front().err());
                            reply.deliver(a->front()->id);
                            over(self);
                          }));
}

} // namespace

void next_request(self_pointer self) {
  auto& st = self->state;
  if (st.changing || st.requests.empty() || !on_board(self, [](webhook_board::content& c) { return c.loaded; }))
    return;
  st.changing = true;
  const auto r = std::move(st.requests.front());
  st.requests.pop_front();
  std::visit([self](auto& x) { begin(self, x); }, r->what);
}

} // namespace callboard::webhook_steps
