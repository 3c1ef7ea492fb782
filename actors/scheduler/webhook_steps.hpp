#pragma once

#include "actors/scheduler/webhooks.hpp"

#include <caf/send.hpp>

#include <functional>
#include <utility>

namespace callboard::webhook_steps {

// What the actor `webhooks` does, by what it is about. All run on its thread, and answers come back to it.

using self_pointer = observed_pointer<webhooks_actor, webhooks_state>;

/// Deliveries that become jobs with one submit.
inline constexpr size_t deliveries_at_once = 256;
/// Ends of jobs that are read from the store at once.
inline constexpr size_t ends_at_once = 256;
/// Until what did not work is tried again.
inline constexpr duration retry_pause = std::chrono::seconds{1};

/// A reply of another thread, which goes on with `then(result<T>)` on the actor's own; never when the actor has ended.
template <class T, class Then>
std::function<void(result<T>)> back_here(self_pointer self, Then then) {
  return [who = webhooks_actor{self}, then = std::move(then)](result<T> x) {
    caf::anon_send(who, continuation{[then, x = std::make_shared<result<T>>(std::move(x))] { then(std::move(*x)); }});
  };
}

/// Calls `work(webhook_board::content&)`.
template <class Work>
auto on_board(self_pointer self, Work work) {
  return self->state.options.around.board->with(std::move(work));
}

/// Wakes it when the next thing is due.
void set_alarm(self_pointer self);

/// Reads what has been told since, and goes on with all that follows from it.
void follow(self_pointer self);
/// Makes jobs of pending deliveries, the oldest first.
void submit(self_pointer self);

/// Looks on for ends of jobs in the store, when some may be missing.
void walk(self_pointer self);
/// Follows ends of jobs from now on, when nothing says from where.
void begin_ends(self_pointer self);
/// The next step of the place up to which ends have surely been told.
void tick(self_pointer self);
/// Asks for a place behind everything that has ended.
void ask_for_place(self_pointer self, std::function<void(result<ended_cursor>)> then);

/// Carries the requests out, one after the other.
void next_request(self_pointer self);

} // namespace callboard::webhook_steps
