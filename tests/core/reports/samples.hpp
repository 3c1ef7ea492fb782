#pragma once

#include "core/reports/report_book.hpp"

#include <string>

namespace callboard::test {

inline constexpr report_day first_day{std::chrono::year{2026} / 1 / 14};

/// So long after midnight of that day.
inline time_point after_midnight(report_day d, duration after) {
  return time_point{d} + after;
}

/// A job that ran for a second and ended so.
inline metrics_delta::sample ended(job_state after, std::string type = "exec", std::string queue = "default") {
  metrics_delta::sample s{};
  s.type = std::move(type);
  s.queue = std::move(queue);
  s.after = after;
  s.run = std::chrono::seconds{1};
  s.usage.cpu_us = 500'000;
  if (after == job_state::failed)
    s.code = "BAD_INPUT";
  return s;
}

inline metrics_delta delta_of(std::vector<metrics_delta::sample> samples) {
  metrics_delta d;
  d.samples = std::move(samples);
  return d;
}

/// All rows of these days that the book has, by kind `all` or another.
inline report_rows rows_of(const report_book& b, report_kind kind = report_kind::all, report_day from = first_day,
                           report_day to = first_day + std::chrono::days{30}) {
  return b.rows(report_sum{{report_by::day, from, to, kind, {}}});
}

/// What a flush has, as the store would keep it.
inline void store(report_rows& stored, const report_book::flush& f) {
  for (const auto& [key, row] : f.rows)
    stored.insert_or_assign(key, row);
}

} // namespace callboard::test
