#include "handlers/handler.hpp"

#include "core/base/seconds_text.hpp"
#include "core/job/job.hpp"

#include <sys/eventfd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "files/descriptor.hpp"

namespace callboard {

namespace {

/// Of what is set already it is readable from the beginning.
int wake_descriptor(descriptor& d, bool set) {
  if (!d)
    d = descriptor{::eventfd(set ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK)};
  return d.get();
}

void wake(const descriptor& d) {
  if (d)
    ::eventfd_write(d.get(), 1);
}

} // namespace

struct cancel_token::state {
  std::atomic<reason> why{reason::none};
  std::atomic<bool> soft_timed_out{false};
  std::mutex mutex;
  std::condition_variable set; ///< one of the two above
  // Most attempts end without anybody waiting for it, and a descriptor costs two system calls.
  callboard::descriptor wakes, wakes_softly;
};

cancel_token::cancel_token() : state_(std::make_shared<state>()) {
}

void cancel_token::cancel(reason why) const {
  auto expected = reason::none;
  if (why == reason::none || !state_->why.compare_exchange_strong(expected, why))
    return;
  std::lock_guard lock{state_->mutex};
  wake(state_->wakes);
  state_->set.notify_all();
}

cancel_token::reason cancel_token::why() const noexcept {
  return state_->why.load();
}

int cancel_token::descriptor() const noexcept {
  std::lock_guard lock{state_->mutex};
  // `cancel` sets the reason before it takes the lock: one of the two sees the other.
  return wake_descriptor(state_->wakes, static_cast<bool>(*this));
}

bool cancel_token::wait_for(duration d) const {
  std::unique_lock lock{state_->mutex};
  return state_->set.wait_for(lock, d, [this] { return static_cast<bool>(*this); });
}

void cancel_token::tell_soft_timeout() const {
  if (*this || state_->soft_timed_out.exchange(true))
    return;
  std::lock_guard lock{state_->mutex};
  wake(state_->wakes_softly);
  state_->set.notify_all();
}

bool cancel_token::soft_timed_out() const noexcept {
  return state_->soft_timed_out.load();
}

int cancel_token::soft_timeout_descriptor() const noexcept {
  std::lock_guard lock{state_->mutex};
  return wake_descriptor(state_->wakes_softly, soft_timed_out());
}

bool cancel_token::wait_for_soft_timeout(duration d) const {
  std::unique_lock lock{state_->mutex};
  return state_->set.wait_for(lock, d, [this] { return *this || soft_timed_out(); });
}

namespace {

attempt_outcome ended(outcome_kind kind, std::string code, std::string message, std::string result_json) {
  return {.kind = kind, .code = std::move(code), .message = std::move(message), .result = blob{std::move(result_json)}};
}

} // namespace

attempt_outcome succeed(std::string result_json) {
  return ended(outcome_kind::succeeded, {}, {}, std::move(result_json));
}

attempt_outcome fail(std::string code, std::string message, std::string result_json) {
  return ended(outcome_kind::failed_retryable, std::move(code), std::move(message), std::move(result_json));
}

attempt_outcome fail_for_good(std::string code, std::string message, std::string result_json) {
  return ended(outcome_kind::failed_final, std::move(code), std::move(message), std::move(result_json));
}

attempt_outcome snooze(duration d, std::string message) {
  auto o = ended(outcome_kind::snoozed, {}, std::move(message), {});
  o.snooze = d;
  return o;
}

attempt_outcome stopped(const cancel_token& token, std::string result_json) {
  switch (token.why()) {
  case cancel_token::reason::cancelled:
    return ended(outcome_kind::cancelled, std::string{job_error_code::cancelled}, "cancelled while it ran",
                 std::move(result_json));
  case cancel_token::reason::shutdown:
  case cancel_token::reason::lost:
    return ended(outcome_kind::returned, {}, "handed back unfinished", std::move(result_json));
  case cancel_token::reason::preempted:
    return ended(outcome_kind::returned, {}, "preempted", std::move(result_json));
  case cancel_token::reason::none:
  case cancel_token::reason::timed_out:
    break;
  }
  return ended(outcome_kind::timed_out, std::string{job_error_code::timeout}, "ran longer than its timeout",
               std::move(result_json));
}

attempt_outcome stopped_at_soft_timeout(std::string how, duration soft_timeout, std::string result_json) {
  return ended(outcome_kind::timed_out, std::string{job_error_code::timeout},
               std::move(how) + " at its soft timeout of " + seconds_text(soft_timeout) + " s", std::move(result_json));
}

} // namespace callboard
