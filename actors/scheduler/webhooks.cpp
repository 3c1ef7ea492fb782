#include "actors/scheduler/webhooks.hpp"

#include "actors/runtime/log.hpp"
#include "actors/runtime/thread_name.hpp"
#include "actors/scheduler/webhook_steps.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

#include "webhooks/webhook_delivery.hpp"

namespace callboard {

namespace webhook_steps {

namespace {

/// What is in the store besides the webhooks begins so as well.
constexpr std::string_view all_facts = "webhook";

using found_facts = std::vector<std::pair<std::string, std::string>>;

std::optional<ended_cursor> read_cursor(std::string_view text) {
  auto at = parse_ended_cursor(text);
  if (at) {
    at->memory_row = at->memory_taken = 0; // such jobs are gone with the process
    return *at;
  }
  log().error("{} of the store cannot be read: ends of jobs before this start are not delivered", webhooks_cursor_key);
  return std::nullopt;
}

void use_facts(self_pointer self, const found_facts& facts) {
  std::vector<webhook> all;
  std::optional<ended_cursor> cursor;
  for (const auto& [key, text] : facts) {
    if (key == webhooks_cursor_key) {
      cursor = read_cursor(text);
    } else if (key.starts_with(webhook_prefix)) {
      auto w = parse_webhook(std::string_view{key}.substr(webhook_prefix.size()), text);
      w ? all.push_back(std::move(*w)) : log().error("{}", w.err().message);
    }
  }
  on_board(self, [&](webhook_board::content& c) {
    c.book.restore(std::move(all));
    if (std::exchange(c.loaded, true))
      return;
    if (c.book.any_enabled())
      c.seen = event_id{}; // all that this process has told
    if (c.book.any_wants_ends())
      c.ends.restore(cursor);
  });
  follow(self);
  begin_ends(self);
  next_request(self);
}

void load(self_pointer self) {
  auto& st = self->state;
  st.loading = true;
  const auto came = [self](const result<found_facts>& x) {
    auto& mine = self->state;
    mine.loading = false;
    mine.retry_at = {};
    if (x)
      return use_facts(self, *x);
    mine.retry_at = time_source::steady(self) + retry_pause;
    set_alarm(self);
  };
  caf::anon_send(st.options.keeper,
                 fact_read{std::string{all_facts}, answer<found_facts>{back_here<found_facts>(self, came)}});
}

/// Told once for a time in which there is no room.
void tell_dropped(self_pointer self, uint64_t dropped, bool full) {
  auto& st = self->state;
  if (dropped == st.dropped_told || (st.dropped_told != 0 && full))
    return;
  log().warn(
    "webhooks: {} events were dropped, for {} deliveries wait to become jobs (webhooks.pending_max), or missed "
    "(events.kept); ends of jobs among those that were missed are read from the store",
    dropped - st.dropped_told, st.options.config->webhooks.pending_max);
  st.dropped_told = dropped;
}

/// The next events. False: there were no more.
bool read_some(self_pointer self, webhook_board::content& c) {
  const auto& events = *self->state.options.around.events;
  const auto before = *c.seen;
  const auto r = events.read(before, [&](const event_id& id, const scheduler_event& e) {
    c.book.offer(id, e, [&] { return events.json(id, e); });
  });
  c.seen = r.seen;
  if (r.missed)
    c.book.count_missed(r.seen.number - std::min(before.number, r.seen.number));
  if (c.book.take_behind() || r.missed)
    c.ends.fell_behind();
  return r.more;
}

} // namespace

void set_alarm(self_pointer self) {
  auto& st = self->state;
  auto at = st.tick_at;
  if (st.retry_at != steady_point{})
    at = std::min(at, st.retry_at);
  if (at != steady_point::max())
    self->send(st.options.timekeeper, wake_request{at, caf::actor_cast<caf::actor>(self)});
}

void follow(self_pointer self) {
  auto& st = self->state;
  auto& events = *st.options.around.events;
  const auto wanted = [&](webhook_board::content& c) {
    if (!c.loaded || !c.book.any_enabled())
      c.seen.reset();
    return c.seen.has_value();
  };
  if (!on_board(self, wanted)) {
    st.tick_at = steady_point::max();
    return events.await({}, nullptr);
  }
  while (on_board(self, [&](webhook_board::content& c) { return read_some(self, c); })) {}
  struct look {
    event_id seen;
    uint64_t dropped = 0;
    bool full = false;
  };
  const auto now = on_board(self, [](webhook_board::content& c) {
    return look{*c.seen, c.book.dropped(), c.book.full()};
  });
  events.await(now.seen, [who = webhooks_actor{self}] { caf::anon_send(who, flush_atom{}); });
  tell_dropped(self, now.dropped, now.full);
  if (st.tick_at == steady_point::max()) {
    st.tick_at = time_source::steady(self) + st.options.config->webhooks.cursor_every;
    set_alarm(self);
  }
  submit(self);
  walk(self);
}

} // namespace webhook_steps

webhooks_actor::behavior_type webhooks(webhook_steps::self_pointer self, webhooks_options options) {
  using namespace webhook_steps;
  name_own_thread(self, "webhooks");
  self->show_as("webhooks", "root", [self]() -> actor_facts {
    const auto& st = self->state;
    return on_board(self, [&](webhook_board::content& c) -> actor_facts {
      return {{"webhooks", std::to_string(c.book.size())},
              {"following", c.seen ? to_string(*c.seen) : "nothing"},
              {"pending", std::to_string(c.book.pending())},
              {"dropped", std::to_string(c.book.dropped())},
              {"jobsMade", std::to_string(st.jobs_made)},
              {"submitsRefused", std::to_string(st.submits_refused)},
              {"endsLookedAt", std::to_string(st.ends_looked_at)},
              {"endsToldUpTo", c.ends.safe() ? to_string(*c.ends.safe()) : "nothing"}};
    });
  });
  self->state.options = std::move(options);
  self->state.options.around.board->connect([who = webhooks_actor{self}](std::shared_ptr<webhook_request> r) {
    caf::anon_send(who, webhook_call{std::move(r)});
  });
  load(self);
  return {
    [self](webhook_call& x) {
      self->state.requests.push_back(std::move(x.request));
      next_request(self);
    },
    [self](flush_atom) { follow(self); },
    [self](wake_atom) {
      auto& st = self->state;
      const auto now = time_source::steady(self);
      if (st.retry_at <= now)
        st.retry_at = {};
      if (!st.loading && !on_board(self, [](webhook_board::content& c) { return c.loaded; }))
        return load(self);
      if (st.tick_at <= now) {
        st.tick_at = now + st.options.config->webhooks.cursor_every;
        tick(self);
      }
      submit(self);
      walk(self);
      set_alarm(self);
    },
    [](continuation& x) { x.run(); },
  };
}

} // namespace callboard
