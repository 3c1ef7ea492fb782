#pragma once

#include "core/alerts/alert_watch.hpp"

#include <algorithm>

namespace callboard::test {

using namespace std::chrono_literals;

inline constexpr uint64_t gib = 1u << 30u;

inline alert_limits limits() {
  using enum alert_rule;
  alert_limits l;
  l.unwatched_queue = "alerts";
  l.of(most_jobs_fail).threshold = 0.5;
  l.of(dead_letters_grow).threshold = 100;
  l.of(queue_waits).threshold = 1800;
  l.of(queue_full).threshold = 0.9;
  l.of(jobs_nearly_full).threshold = 0.9;
  l.of(commit_slow).threshold = 0.25;
  l.of(disk_nearly_full).threshold = 0.1;
  l.of(schedule_late).threshold = 60;
  l.of(certificate_ends).threshold = 21 * 86400;
  return l;
}

/// A scheduler whose figures are changed by hand, looked at every ten seconds.
struct watched {
  explicit watched(const alert_limits& l = limits()) : watch(l) {
    v.started_at = now.wall;
    v.jobs_live_max = 1000;
    v.workers = 1;
    v.queues["mail"].oldest_ready = 0s;
    v.engine = store_figures{};
    v.engine->disk_bytes = 100 * gib;
    v.engine->disk_bytes_free = 50 * gib;
  }
  void pass(duration d) {
    now.wall += d;
    now.steady += d;
  }
  alert_samples look() {
    const alert_figures f{&v, std::vector{certificate_end{"node", certificate}}, audit_fails};
    return watch.look(f, now);
  }
  /// Looks again and again, while `each` changes the figures.
  template <class F>
  alert_samples over(duration d, F each) {
    alert_samples last;
    for (auto passed = 0us; passed < d; passed += 10s) {
      pass(10s);
      each();
      last = look();
    }
    return last;
  }
  alert_samples over(duration d) {
    return over(d, [] {});
  }

  moment now{time_point{1'700'000'000s}, steady_point{5'000s}};
  metrics_view v;
  time_point certificate = now.wall + 24h * 365;
  bool audit_fails = false;
  alert_watch watch;
};

inline const alert_sample* find(const alert_samples& s, alert_rule r, std::string_view target = {}) {
  const auto at =
    std::find_if(s.holding.begin(), s.holding.end(), [&](const auto& x) { return x.rule == r && x.target == target; });
  return at == s.holding.end() ? nullptr : &*at;
}

} // namespace callboard::test
