#include "actors/runtime/log.hpp"
#include "actors/scheduler/webhook_steps.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>
#include <utility>

namespace callboard::webhook_steps {

namespace {

using found_facts = std::vector<std::pair<std::string, std::string>>;

void try_later(self_pointer self, const std::string& why) {
  log().warn("webhooks: the ends of jobs cannot be read yet: {}", why);
  self->state.retry_at = time_source::steady(self) + retry_pause;
  set_alarm(self);
}

void on_page(self_pointer self, const result<ended_page>& page) {
  auto& st = self->state;
  st.walking = false;
  if (!page && page.err().code != ec::invalid_value)
    return try_later(self, page.err().message);
  if (!page) {
    // The store is older than what was written down: it was restored from a backup.
    log().warn("webhooks: ends of jobs before this start are not delivered: {}", page.err().message);
    on_board(self, [](webhook_board::content& c) { c.ends = {}; });
    return begin_ends(self);
  }
  const auto& events = *st.options.around.events;
  const bool fits = on_board(self, [&](webhook_board::content& c) {
    if (!c.ends.walk())
      return true; // nobody wants ends any more, or they are followed anew
    // Meanwhile others may have taken the room. A job is always let in where nothing else is.
    if (page->jobs.size() > std::max<size_t>(c.book.room(), c.book.pending() == 0))
      return false;
    for (const auto& job : page->jobs) {
      const auto e = end_of(job);
      c.book.offer_found(e, [&] { return events.json({}, e); });
    }
    c.ends.walked(*page, c.book.next_number());
    return true;
  });
  if (fits)
    st.ends_looked_at += page->jobs.size();
  submit(self);
  if (fits)
    walk(self);
}

void write_place(self_pointer self, const ended_cursor& at, std::function<void(const result<done>&)> then) {
  caf::anon_send(self->state.options.keeper, fact_part{{{std::string{webhooks_cursor_key}, to_string(at)}},
                                                       {},
                                                       answer<done>{back_here<done>(self, std::move(then))}});
}

/// Writes down what has become safe.
void write_safe_place(self_pointer self) {
  auto& st = self->state;
  const auto at = on_board(self, [](webhook_board::content& c) -> std::optional<ended_cursor> {
    const auto before = c.ends.waits_for();
    return before && c.book.all_delivered_before(*before) ? c.ends.to_write() : std::nullopt;
  });
  if (!at)
    return;
  st.placing = true;
  write_place(self, *at, [self, at = *at](const result<done>& ok) {
    self->state.placing = false;
    if (ok)
      on_board(self, [&](webhook_board::content& c) { c.ends.written(at); });
  });
}

/// A place of which the scheduler has told all ends before it. The store keeper tells the queue manager of a write
/// before it answers anything else, and the queue manager answers in turn.
void look_for_place(self_pointer self) {
  auto& st = self->state;
  st.placing = true;
  const auto over = [self] { self->state.placing = false; };
  const auto told = [self, over](const ended_cursor& at) {
    self->state.options.back->limit({limit_kind::queue, self->state.options.config->webhooks.queue, {}},
                                    back_here<limit_view>(self, [self, over, at](const result<limit_view>& x) {
                                      over();
                                      if (x)
                                        on_board(self, [&](webhook_board::content& c) { c.ends.place_came(at); });
                                    }));
  };
  ask_for_place(self, [self, over, told](const result<ended_cursor>& at) {
    const auto same = [&](webhook_board::content& c) { return c.ends.safe() == *at; };
    if (!at || on_board(self, same))
      return over();
    caf::anon_send(self->state.options.keeper,
                   fact_read{std::string{webhooks_cursor_key},
                             answer<found_facts>{back_here<found_facts>(
                               self, [over, told, at = *at](const auto& x) { x ? told(at) : over(); })}});
  });
}

} // namespace

void walk(self_pointer self) {
  auto& st = self->state;
  if (st.walking || st.retry_at != steady_point{})
    return;
  const auto wanted = on_board(self, [](webhook_board::content& c) -> std::optional<ended_query> {
    const auto& at = c.ends.walk();
    const auto room = std::max<size_t>(c.book.room(), c.book.pending() == 0);
    if (!at || room == 0)
      return std::nullopt;
    ended_query q;
    q.after = *at;
    q.limit = std::min(room, ends_at_once);
    return q;
  });
  if (!wanted)
    return;
  st.walking = true;
  st.options.back->ended(*wanted,
                         back_here<ended_page>(self, [self](const result<ended_page>& x) { on_page(self, x); }));
}

void begin_ends(self_pointer self) {
  auto& st = self->state;
  const auto needed = [](webhook_board::content& c) { return c.book.any_wants_ends() && !c.ends.safe(); };
  if (st.placing || !on_board(self, needed))
    return;
  st.placing = true;
  const auto over = [self](const error* why) {
    self->state.placing = false;
    if (why != nullptr)
      log().warn("webhooks: it is not known yet from where on ends of jobs are told: {}", why->message);
  };
  ask_for_place(self, [self, over](const result<ended_cursor>& at) {
    if (!at)
      return over(&at.err());
    write_place(self, *at, [self, over, at = *at](const result<done>& ok) {
      over(ok ? nullptr : &ok.err());
      if (ok)
        on_board(self, [&](webhook_board::content& c) { c.ends.start(at); });
    });
  });
}

void tick(self_pointer self) {
  follow(self);
  begin_ends(self);
  // What came at an earlier tick: the events of then have been read by now.
  on_board(self, [](webhook_board::content& c) { c.ends.read_all(c.book.next_number()); });
  if (!self->state.placing)
    write_safe_place(self);
  const auto wants = [](webhook_board::content& c) { return c.ends.wants_place(); };
  if (!self->state.placing && on_board(self, wants))
    look_for_place(self);
}

void ask_for_place(self_pointer self, std::function<void(result<ended_cursor>)> then) {
  ended_query q;
  q.only_place = true;
  self->state.options.back->ended(std::move(q),
                                  back_here<ended_page>(self, [then = std::move(then)](const result<ended_page>& x) {
                                    then(x ? result<ended_cursor>{x->next} : result<ended_cursor>{x.err()});
                                  }));
}

} // namespace callboard::webhook_steps
