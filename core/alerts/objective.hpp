#pragma once

#include "core/alerts/recent_values.hpp"
#include "core/placement/limit_rule.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// Service level objectives and how quickly they are used up, after Google's "The Site Reliability Workbook", chapter
/// 5, "Alerting on SLOs" (https://sre.google/workbook/alerting-on-slos/), 6: "Multiwindow, Multi-Burn-Rate Alerts".
///
/// A burn rate is the share of bad jobs over the share that may be bad: at 1 the whole window of the objective uses up
/// exactly what it allows. A long window says that it matters, a short one that it still goes on.

enum class objective_kind : uint8_t { wait, success };
std::string_view to_string(objective_kind k);

inline constexpr duration burn_fast_long = std::chrono::hours{1}, burn_fast_short = std::chrono::minutes{5};
inline constexpr duration burn_slow_long = std::chrono::hours{6}, burn_slow_short = std::chrono::minutes{30};

/// @param share  of the jobs that are to be good, below 1
double burn_rate(const bad_of_all& seen, double share);

/// The burn rate at which `budget` of what the window allows is used up within `in`: 14.4 for 2 percent of 30 days in
/// one hour. An objective that allows much cannot burn so quickly: there it is the rate at which nine jobs of ten are
/// bad.
double burn_threshold(double budget, duration in, duration window, double share);
double fast_threshold(duration window, double share); ///< 2 percent in an hour
double slow_threshold(duration window, double share); ///< 5 percent in six hours

struct burn_rates {
  double fast_short = 0, fast_long = 0, slow_short = 0, slow_long = 0;
  uint64_t fast_jobs = 0, slow_jobs = 0; ///< in the long windows
};
burn_rates burn_rates_of(const counter_history& seen, double share, steady_point now);

/// For people.
struct objective_state {
  std::string queue;
  objective_kind kind{};
  double share = 0;
  duration wait{0}; ///< of kind `wait`
  duration window{0};
  burn_rates rates;
};

} // namespace callboard
