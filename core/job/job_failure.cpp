#include "core/job/job_failure.hpp"

#include "core/job/job_steps.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace callboard {

namespace {

bool fits(std::string_view pattern, std::string_view code) {
  return pattern.ends_with('*') ? code.starts_with(pattern.substr(0, pattern.size() - 1)) : code == pattern;
}

/// The next attempt gets more memory, where the policy says so; in words what was done.
std::string grow_memory(job_spec& spec) {
  auto& memory = spec.resources.memory_bytes;
  const auto& policy = spec.retry;
  if (memory == 0 || policy.memory_growth_percent <= 100)
    return {};
  const auto percent = uint64_t{policy.memory_growth_percent};
  // Rounded up, without overflow: whole hundreds and the rest by themselves.
  const auto hundreds = memory / 100, rest = memory % 100;
  const auto bound = policy.memory_growth_max == 0 ? UINT64_MAX : policy.memory_growth_max;
  const auto wanted =
    hundreds > UINT64_MAX / percent - percent ? bound : hundreds * percent + (rest * percent + 99) / 100;
  const auto grown = std::max(memory, std::min(bound, wanted));
  if (grown == memory)
    return {};
  const auto before = std::exchange(memory, grown);
  return "; memory " + std::to_string(before) + " -> " + std::to_string(grown) + " bytes";
}

/// Longest wait after which an attempt may still begin; none: any.
std::optional<duration> longest_wait(const job_record& rec, time_point now) {
  const auto total = rec.spec.retry.total;
  if (total <= duration{0} || !rec.first_started_at)
    return std::nullopt;
  // By differences, which do not overflow: a clock may have been anywhere.
  const auto spent = std::max(duration{0}, now - *rec.first_started_at);
  return total - spent;
}

/// In words that its time is over; empty: it may wait that long.
std::string over_total(const job_record& rec, duration wait, time_point now) {
  const auto most = longest_wait(rec, now);
  if (!most || wait <= *most)
    return {};
  return "; no attempt may begin after " + wait_text(rec.spec.retry.total) + " from the start of the first";
}

/// `, by the rule for 'DB_*'`
std::string by_rule(const failure_rule* rule) {
  return rule ? ", by the rule for '" + rule->code + '\'' : std::string{};
}

/// Why a failed attempt is the last one, or how it is tried again.
struct verdict {
  bool again = false;
  bool charged = false;
  duration wait{0};
  std::string words;
};

verdict judge(const job_record& rec, const attempt_outcome& o, const failure_rule* rule, uint64_t seed) {
  const auto retries = rec.spec.max_retries;
  if (rule && rule->action == failure_action::snooze) {
    const auto wait = std::max({rule->wait, o.retry_after, duration{0}});
    return {true, false, wait, "; not charged, again in " + wait_text(wait) + by_rule(rule)};
  }
  if (rule && rule->action == failure_action::fail)
    return {.words = "; not tried again" + by_rule(rule)};
  if (!rule && o.kind == outcome_kind::failed_final)
    return {};
  if (rec.retry_count >= retries)
    return {.words =
              rule ? "; none of " + std::to_string(retries) + " retries is left" + by_rule(rule) : std::string{}};
  const auto nth = rec.retry_count + 1;
  const auto wait = std::max(backoff_delay(rec.spec.retry, nth, seed), o.retry_after);
  return {true, true, wait,
          "; retry " + std::to_string(nth) + " of " + std::to_string(retries) + " in " + wait_text(wait) +
            by_rule(rule)};
}

} // namespace

const failure_rule* rule_for(const retry_policy& p, std::string_view code) {
  const auto i = std::find_if(p.rules.begin(), p.rules.end(), [&](const auto& r) { return fits(r.code, code); });
  return i == p.rules.end() ? nullptr : &*i;
}

void fail_attempt(job_record& rec, const attempt_outcome& o, time_point now, uint64_t seed, const life_limits& l) {
  const std::string_view code = !o.code.empty()                     ? std::string_view{o.code}
                                : o.kind == outcome_kind::timed_out ? job_error_code::timeout
                                                                    : job_error_code::handler_exception;
  rec.error = job_error{std::string{code}, o.message, now};
  auto reason = in_words(code, o.message);
  const auto* rule = rule_for(rec.spec.retry, code);
  auto v = judge(rec, o, rule, seed);
  if (v.again)
    if (auto over = over_total(rec, v.wait, now); !over.empty())
      v = {.words = std::move(over)};
  if (!v.again) {
    rec.result = o.result;
    return turn_terminal(rec, job_event::fail_final, now, reason + v.words, l);
  }
  rec.retry_count += v.charged ? 1 : 0;
  if (code == job_error_code::out_of_memory)
    reason += grow_memory(rec.spec);
  turn_retrying(rec, v.charged ? job_event::fail_retryable : job_event::snooze, now, v.wait, reason + v.words, l);
}

void snooze_attempt(job_record& rec, const attempt_outcome& o, time_point now, const life_limits& l) {
  const auto wait = std::max(o.snooze, duration{0});
  const auto words = "snoozed for " + wait_text(wait);
  if (const auto over = over_total(rec, wait, now); !over.empty()) {
    rec.error = job_error{std::string{job_error_code::total_time_over}, words + over, now};
    return turn_terminal(rec, job_event::fail_final, now, in_words(job_error_code::total_time_over, rec.error->message),
                         l);
  }
  turn_retrying(rec, job_event::snooze, now, wait, words, l);
}

} // namespace callboard
