#pragma once

#include "handlers/handler.hpp"

#include <stdexcept>
#include <string>

namespace callboard {

/// Ends an attempt from deep inside a built-in handler. `run_guarded` makes it an outcome.
class handler_failure : public std::runtime_error {
public:
  enum class again : bool { no, yes };

  handler_failure(again retryable, std::string code, const std::string& message)
    : std::runtime_error(message), retryable_(retryable), code_(std::move(code)) {
  }

  attempt_outcome outcome() const {
    return retryable_ == again::yes ? fail(code_, what()) : fail_for_good(code_, what());
  }

private:
  again retryable_;
  std::string code_;
};

/// Trying again cannot help.
[[noreturn]] inline void give_up(std::string code, const std::string& message) {
  throw handler_failure{handler_failure::again::no, std::move(code), message};
}

/// Trying again may help.
[[noreturn]] inline void try_again(std::string code, const std::string& message) {
  throw handler_failure{handler_failure::again::yes, std::move(code), message};
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
