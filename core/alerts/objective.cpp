#include "core/alerts/objective.hpp"

#include <algorithm>

namespace callboard {

std::string_view to_string(objective_kind k) {
  return k == objective_kind::wait ? "wait" : "success";
}

double burn_rate(const bad_of_all& seen, double share) {
  return seen.ratio() / (1 - share);
}

double burn_threshold(double budget, duration in, duration window, double share) {
  constexpr double nearly_all = 0.9;
  const double wanted = budget * static_cast<double>(window.count()) / static_cast<double>(in.count());
  return std::min(wanted, nearly_all / (1 - share));
}

double fast_threshold(duration window, double share) {
  return burn_threshold(0.02, burn_fast_long, window, share);
}

double slow_threshold(duration window, double share) {
  return burn_threshold(0.05, burn_slow_long, window, share);
}

burn_rates burn_rates_of(const counter_history& seen, double share, steady_point now) {
  const auto hour = seen.within(now, burn_fast_long), hours = seen.within(now, burn_slow_long);
  return {burn_rate(seen.within(now, burn_fast_short), share),
          burn_rate(hour, share),
          burn_rate(seen.within(now, burn_slow_short), share),
          burn_rate(hours, share),
          hour.all,
          hours.all};
}

} // namespace callboard
