#include "handlers/failure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "job_types/text_codec.hpp"
#include "sdk/job_source.hpp"

namespace callboard::sdk {

namespace {

outcome ended(outcome::kind what, std::string code, std::string message, std::string result) {
  return {what, std::move(code), std::move(message), std::move(result), {}};
}

/// An outcome without a code would be hard to tell from others.
std::string code_or(std::string code, const char* otherwise) {
  return code.empty() ? std::string{otherwise} : std::move(code);
}

} // namespace

outcome success(std::string result) {
  return ended(outcome::kind::success, {}, {}, std::move(result));
}

outcome failure(std::string code, std::string message, std::string result) {
  return ended(outcome::kind::failure, std::move(code), std::move(message), std::move(result));
}

outcome permanent_failure(std::string code, std::string message, std::string result) {
  return ended(outcome::kind::permanent_failure, std::move(code), std::move(message), std::move(result));
}

outcome snooze(std::chrono::microseconds delay, std::string message) {
  auto o = ended(outcome::kind::snooze, {}, std::move(message), {});
  o.delay = delay;
  return o;
}

outcome stopped(std::string result) {
  return ended(outcome::kind::stopped, {}, {}, std::move(result));
}

std::string_view job::id() const noexcept {
  return source_.id;
}
std::string_view job::type() const noexcept {
  return source_.order.type;
}
std::string_view job::payload() const noexcept {
  return source_.order.payload;
}
std::uint32_t job::attempt() const noexcept {
  return source_.order.number;
}
std::uint64_t job::fence() const noexcept {
  return source_.order.fence.value;
}
std::chrono::steady_clock::time_point job::deadline() const noexcept {
  return source_.context.deadline();
}
std::uint64_t job::memory_bytes() const noexcept {
  return source_.order.memory_bytes;
}
std::uint32_t job::cpu_milli() const noexcept {
  return source_.order.cpu_milli;
}

bool job::stop_requested() const noexcept {
  return static_cast<bool>(source_.context.token());
}
bool job::wait_for(std::chrono::microseconds time) const {
  return source_.context.token().wait_for(time);
}
int job::stop_descriptor() const noexcept {
  return source_.context.token().descriptor();
}

bool job::soft_timed_out() const noexcept {
  return source_.context.token().soft_timed_out();
}
bool job::wait_for_soft_timeout(std::chrono::microseconds time) const {
  return source_.context.token().wait_for_soft_timeout(time);
}
int job::soft_timeout_descriptor() const noexcept {
  return source_.context.token().soft_timeout_descriptor();
}

void job::progress(int percent, std::string_view message) {
  const std::lock_guard lock{source_.mutex};
  source_.context.progress(std::clamp(percent, 0, 100), message);
}
std::string_view job::traceparent() const noexcept {
  return source_.order.traceparent;
}
std::string_view job::tracestate() const noexcept {
  return source_.order.tracestate;
}
std::string_view job::checkpoint() const {
  const std::lock_guard lock{source_.mutex};
  return source_.checkpoint;
}
void job::save_checkpoint(std::string_view text) {
  const auto most = source_.order.checkpoint_bytes_max;
  if (text.size() > most)
    throw std::length_error("a checkpoint of " + std::to_string(text.size()) +
                            " bytes; allowed: " + std::to_string(most) + " (jobs.checkpoint_bytes_max)");
  if (!is_utf8(text))
    throw std::invalid_argument("a checkpoint that is not UTF-8");
  const std::lock_guard lock{source_.mutex};
  source_.checkpoint = text;
  source_.context.save_checkpoint(text);
}
void job::log(std::string_view line) {
  const std::lock_guard lock{source_.mutex};
  source_.context.log(line);
}

attempt_outcome to_attempt_outcome(outcome&& o, const callboard::attempt& a, const handler_context& ctx) {
  if (!o.result.empty() && !nlohmann::json::accept(o.result))
    return fail_for_good("BAD_RESULT", "the handler's result is not JSON text");
  switch (o.what) {
  case outcome::kind::success:
    return succeed(std::move(o.result));
  case outcome::kind::failure: {
    auto failed = fail(code_or(std::move(o.code), "FAILED"), std::move(o.message), std::move(o.result));
    failed.retry_after = std::max(o.delay, std::chrono::microseconds{0});
    return failed;
  }
  case outcome::kind::permanent_failure:
    return fail_for_good(code_or(std::move(o.code), "FAILED"), std::move(o.message), std::move(o.result));
  case outcome::kind::snooze:
    return callboard::snooze(std::max(o.delay, std::chrono::microseconds{0}), std::move(o.message));
  case outcome::kind::stopped:
    if (ctx.token().soft_timed_out() && !must_stop(ctx))
      return stopped_at_soft_timeout("ended", a.soft_timeout, std::move(o.result));
    return callboard::stopped(ctx.token(), std::move(o.result));
  }
  return fail_for_good("BAD_OUTCOME", "the handler returned an outcome of no known kind");
}

attempt_outcome call_handler(const handler_function& run, const callboard::attempt& a, handler_context& ctx) {
  job::source source{a, ctx};
  job j{source};
  return to_attempt_outcome(run(j), a, ctx);
}

} // namespace callboard::sdk
