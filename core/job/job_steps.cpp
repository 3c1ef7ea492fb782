#include "core/job/job_steps.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"
#include "core/base/seconds_text.hpp"

#include <algorithm>

namespace callboard {

void note(job_record& rec, time_point at, std::string_view reason, const life_limits& l) {
  const size_t lines_max = std::max<size_t>(l.history_entries_max, 2);
  constexpr size_t usual_lines = 4;
  if (rec.history.size() == 1) // one that waits has no more than that; whoever goes on gets the others soon
    rec.history.reserve(usual_lines);
  rec.history.push_back(history_entry{rec.state, at, rec.attempt, rec.worker, std::string{reason}});
  if (rec.history.size() > lines_max)
    rec.history.erase(rec.history.begin() + 1, rec.history.end() - static_cast<std::ptrdiff_t>(lines_max - 1));
}

void step(job_record& rec, job_event on, time_point at, std::string_view reason, const life_limits& l) {
  const auto to = next(rec.state, on);
  CB_INVARIANT(to.has_value(), "a job moves along an edge of its state machine");
  rec.state = *to;
  note(rec, at, reason, l);
}

void turn_terminal(job_record& rec, job_event on, time_point now, std::string_view reason, const life_limits& l) {
  rec.current_fence = fence_token{};
  rec.retry_at.reset();
  rec.progress_message.clear();
  step(rec, on, now, reason, l);
  CB_INVARIANT(is_terminal(rec.state), "this event ends a job");
  if (rec.state != job_state::failed) // which may be tried again
    rec.spec.hold.reset();
  rec.finished_at = now;
}

void turn_retrying(job_record& rec, job_event on, time_point now, duration wait, std::string_view reason,
                   const life_limits& l) {
  rec.current_fence = fence_token{};
  rec.progress_percent = 0;
  rec.progress_message.clear();
  step(rec, on, now, reason, l);
  CB_INVARIANT(rec.state == job_state::retrying, "this event has the job tried again");
  if (planted(bug::hold_lost_by_retry))
    rec.spec.hold.reset();
  const duration room = time_point::max() - std::max(now, time_point{});
  rec.retry_at = now + std::clamp(wait, duration{0}, room);
}

std::string in_words(std::string_view code, std::string_view message) {
  std::string text{code};
  if (!message.empty())
    text.append(": ").append(message);
  return text;
}

std::string wait_text(duration d) {
  constexpr duration milli = std::chrono::milliseconds{1};
  const auto up = d > duration::max() - milli ? d : d + (milli - duration{1});
  return seconds_text(up - up % milli) + " s";
}

} // namespace callboard
