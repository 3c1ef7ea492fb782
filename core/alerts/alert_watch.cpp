#include "core/alerts/alert_watch.hpp"

#include "core/base/real_seconds.hpp"

#include <algorithm>
#include <initializer_list>

namespace callboard {

namespace {

constexpr duration ten_seconds = std::chrono::seconds{10}, minute = std::chrono::minutes{1};
constexpr duration lost_window = std::chrono::minutes{10}, step_window = std::chrono::minutes{15};
constexpr duration dead_window = std::chrono::hours{1}, commit_window = std::chrono::minutes{5};
constexpr double commit_quantile = 0.99;

void note(alert_samples& out, std::initializer_list<alert_rule> looked_at) {
  for (const auto r : looked_at)
    out.looked_at.set(static_cast<size_t>(r));
}

template <class Rows, class Seen>
void forget_others(Rows& rows, const Seen& seen) {
  std::erase_if(rows, [&](const auto& x) { return !seen.contains(x.first); });
}

} // namespace

alert_watch::alert_watch(const alert_limits& l)
  : limits_(l), lost_(lost_window, ten_seconds), steps_(step_window, ten_seconds), dead_(dead_window, minute),
    commits_(commit_window, ten_seconds) {
}

void alert_watch::forget() {
  queues_.clear();
  types_.clear();
  lost_.clear();
  steps_.clear();
  dead_.clear();
  commits_.clear();
}

void alert_watch::above(alert_samples& out, alert_rule r, double value) const {
  const auto& c = limits_.of(r);
  if (c.on && value > c.threshold)
    out.holding.push_back({r, {}, value, c.threshold});
}

alert_samples alert_watch::look(const alert_figures& f, const moment& now) {
  alert_samples out;
  now_ = now.steady;
  using enum alert_rule;
  if (f.jobs != nullptr) {
    see(*f.jobs, now);
    add_jobs(*f.jobs, out);
    add_host(*f.jobs, out);
    note(out, {failures_above_usual, most_jobs_fail, dead_letters_grow, queue_waits, queue_full, jobs_nearly_full,
               no_workers, workers_lost, wait_burns_fast, wait_burns_slow, success_burns_fast, success_burns_slow,
               store_not_writable, commit_slow, schedule_late, schedules_faulty, clock_stepped});
  }
  if (f.certificates) {
    add_certificates(*f.certificates, now, out);
    note(out, {certificate_ends});
  }
  if (f.audit_fails) {
    above(out, audit_not_writable, *f.audit_fails ? 1 : 0);
    note(out, {audit_not_writable});
  }
  return out;
}

void alert_watch::see(const metrics_view& v, const moment& now) {
  // What has counted for longer than that before the first look counted at times that nobody knows.
  bool from_zero = true;
  if (began_ != v.started_at) {
    from_zero = now.wall - v.started_at <= minute;
    forget();
    began_ = v.started_at;
  }
  for (const auto& [name, q] : v.queues)
    queues_[name].see(now.steady, q, from_zero, limits_);
  for (const auto& [name, t] : v.types)
    types_.try_emplace(name, failure_watch::window, ten_seconds)
      .first->second.see(now.steady, t.completed, t.failed, from_zero, limits_);
  forget_others(queues_, v.queues);
  forget_others(types_, v.types);
  lost_.add(now.steady, {0, v.workers_lost}, from_zero);
  steps_.add(now.steady, {0, v.clock_steps}, from_zero);
  dead_.add(now.steady, v.by_state[static_cast<size_t>(job_state::failed)]);
  commit_counts counts{};
  std::copy(v.commit_time.at_most.begin(), v.commit_time.at_most.end(), counts.begin());
  counts.back() = v.commit_time.count;
  commits_.add(now.steady, counts);
}

void alert_watch::add_jobs(const metrics_view& v, alert_samples& out) const {
  for (const auto& [name, watch] : queues_)
    watch.add_samples(name, v.queues.at(name), now_, limits_, out);
  for (const auto& [name, watch] : types_)
    watch.add_samples("type/" + name, now_, limits_, out);
  using enum alert_rule;
  if (const auto before = dead_.before(now_ - dead_window)->value, last = dead_.latest()->value; last > before)
    above(out, dead_letters_grow, static_cast<double>(last - before));
  if (v.jobs_live_max > 0)
    above(out, jobs_nearly_full, static_cast<double>(v.jobs_live) / static_cast<double>(v.jobs_live_max));
  uint64_t ready = 0;
  for (const auto& [name, q] : v.queues)
    ready += q.ready;
  if (v.workers == 0)
    above(out, no_workers, static_cast<double>(ready));
  above(out, workers_lost, static_cast<double>(lost_.within(now_, lost_window).all));
  above(out, schedule_late, real_seconds(v.schedule_lag));
  above(out, schedules_faulty, static_cast<double>(v.schedules_faulty));
}

void alert_watch::add_host(const metrics_view& v, alert_samples& out) const {
  using enum alert_rule;
  above(out, store_not_writable, v.store_writable ? 0 : 1);
  if (const auto slow = slowest_commits())
    above(out, commit_slow, *slow);
  above(out, clock_stepped, static_cast<double>(steps_.within(now_, step_window).all));
  if (!v.engine || v.engine->disk_bytes == 0)
    return;
  note(out, {disk_nearly_full});
  const auto& c = limits_.of(disk_nearly_full);
  const auto free = static_cast<double>(v.engine->disk_bytes_free) / static_cast<double>(v.engine->disk_bytes);
  if (c.on && free < c.threshold)
    out.holding.push_back({disk_nearly_full, {}, free, c.threshold});
}

void alert_watch::add_certificates(const std::vector<certificate_end>& all, const moment& now,
                                   alert_samples& out) const {
  const auto& c = limits_.of(alert_rule::certificate_ends);
  for (const auto& x : all)
    if (const auto left = real_seconds(x.at - now.wall); c.on && left < c.threshold)
      out.holding.push_back({alert_rule::certificate_ends, "certificate/" + x.name, left, c.threshold});
}

/// The quantile of the group commits of the window in seconds, as histogram_quantile of Prometheus finds it: evenly
/// within its bucket, and no more than the last bound. Nothing: there were none.
std::optional<double> alert_watch::slowest_commits() const {
  const auto& now = commits_.latest()->value;
  const auto& then = commits_.before(now_ - commit_window)->value;
  const auto all = now.back() - then.back();
  if (all == 0)
    return std::nullopt;
  const auto rank = commit_quantile * static_cast<double>(all);
  double low = 0, below = 0;
  for (size_t i = 0; i < latency_bounds_us.size(); ++i) {
    const auto bound = static_cast<double>(latency_bounds_us[i]) / 1e6;
    const auto upto = static_cast<double>(now[i] - then[i]);
    if (upto >= rank)
      return low + (bound - low) * (rank - below) / (upto - below);
    low = bound;
    below = upto;
  }
  return low;
}

std::vector<objective_state> alert_watch::objectives(steady_point now) const {
  std::vector<objective_state> out;
  for (const auto& [name, watch] : queues_)
    watch.add_objectives(name, now, out);
  return out;
}

std::map<std::string, duration> alert_watch::drains() const {
  std::map<std::string, duration> out;
  for (const auto& [name, watch] : queues_)
    if (const auto d = watch.drains_in())
      out.emplace(name, *d);
  return out;
}

} // namespace callboard
