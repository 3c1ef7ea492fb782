#pragma once

#include "handlers/handler.hpp"

#include <stdexcept>
#include <string>

namespace callboard {

/// Ends an attempt from deep inside a built-in handler. `run_guarded` makes it an outcome.
class handler_failure : public std::runtime_error {
public:
  enum class again : bool { no, yes };

  /// @param retry_after  see attempt_outcome
  handler_failure(again retryable, std::string code, const std::string& message, duration retry_after = duration{0})
    : std::runtime_error(message), retryable_(retryable), code_(std::move(code)), retry_after_(retry_after) {
  }

  attempt_outcome outcome() const {
    auto o = retryable_ == again::yes ? fail(code_, what()) : fail_for_good(code_, what());
    o.retry_after = retry_after_;
    return o;
  }

private:
  again retryable_;
  std::string code_;
  duration retry_after_;
};

/// Trying again cannot help.
[[noreturn]] inline void give_up(std::string code, const std::string& message) {
  throw handler_failure{handler_failure::again::no, std::move(code), message};
}

/// Trying again may help, not before `retry_after`.
[[noreturn]] inline void try_again(std::string code, const std::string& message, duration retry_after = duration{0}) {
  throw handler_failure{handler_failure::again::yes, std::move(code), message, retry_after};
}

/// Thrown where a handler notices that its attempt is to stop.
struct attempt_stopped {};

/// True once the attempt is to end: its token is set, or its deadline has passed.
inline bool must_stop(const handler_context& ctx) {
  return ctx.token() || std::chrono::steady_clock::now() >= ctx.deadline();
}

template <class F>
attempt_outcome run_guarded(const handler_context& ctx, F&& body) {
  try {
    return body();
  } catch (const handler_failure& f) {
    return f.outcome();
  } catch (const attempt_stopped&) {
    return stopped(ctx.token());
  }
}

} // namespace callboard
