#pragma once

#include "core/alerts/alert.hpp"
#include "core/alerts/queue_watch.hpp"
#include "core/scheduler/moment.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// A certificate of the scheduler, and when it ends.
struct certificate_end {
  std::string name; ///< of its file, without the ending: `ca`, `node`
  time_point at;
};

/// What is looked at, of one moment. What is not there could not be had: the rules that need it are left as they are.
struct alert_figures {
  const metrics_view* jobs = nullptr;
  std::optional<std::vector<certificate_end>> certificates;
  std::optional<bool> audit_fails;
};

/// Finds what holds in the figures, by what it remembers of former ones. Counters are compared with what they were;
/// what counts anew (the metrics were restarted) is begun anew here, too.
class alert_watch {
public:
  explicit alert_watch(const alert_limits& l);

  alert_samples look(const alert_figures& f, const moment& now);

  /// Of the last look.
  std::vector<objective_state> objectives(steady_point now) const;
  /// Queues whose ready jobs become fewer, and when none will be left.
  std::map<std::string, duration> drains() const;

private:
  /// Group commits at most as long as each of `latency_bounds_us`, and all of them.
  using commit_counts = std::array<uint64_t, latency_bounds_us.size() + 1>;

  void see(const metrics_view& v, const moment& now);
  void forget();
  void add_jobs(const metrics_view& v, alert_samples& out) const;
  void add_host(const metrics_view& v, alert_samples& out) const;
  void add_certificates(const std::vector<certificate_end>& all, const moment& now, alert_samples& out) const;
  std::optional<double> slowest_commits() const;
  void above(alert_samples& out, alert_rule r, double value) const;

  const alert_limits limits_;
  std::optional<time_point> began_; ///< the metrics that were seen last
  steady_point now_{};
  std::map<std::string, queue_watch> queues_;
  std::map<std::string, failure_watch> types_;
  counter_history lost_, steps_;
  recent_values<uint64_t> dead_;
  recent_values<commit_counts> commits_;
};

} // namespace callboard
