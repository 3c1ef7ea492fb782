#include "core/placement/autoscale.hpp"

#include "core/base/seconds_text.hpp"

#include <algorithm>
#include <cmath>

namespace callboard {

namespace {

std::string tenths_text(duration d) {
  constexpr duration tenth = std::chrono::milliseconds{100};
  return seconds_text(d - d % tenth) + " s";
}

} // namespace

autoscaler_logic::autoscaler_logic(autoscale_policy p) {
  set_policy(p);
}

void autoscaler_logic::set_policy(autoscale_policy p) {
  p.workers_min = std::min(p.workers_min, p.workers_max);
  p.slots_per_worker = std::max(1u, p.slots_per_worker);
  p.target_drain = std::max(p.target_drain, duration{1});
  policy_ = p;
}

autoscale_decision autoscaler_logic::decide(const autoscale_input& in) {
  const auto& p = policy_;
  const double work = static_cast<double>(std::max<int64_t>(0, in.queued_work.count()));
  const double slots = in.busy_slots + work / static_cast<double>(p.target_drain.count());
  // Rounding errors of the division must not ask for one worker more than is needed.
  const double workers = std::ceil(slots / p.slots_per_worker - 1e-9);
  auto wanted = static_cast<uint32_t>(std::clamp(workers, 0.0, static_cast<double>(p.workers_max)));
  if (in.ready_jobs > 0 || in.busy_slots > 0)
    wanted = std::max(wanted, 1u);
  wanted = std::clamp(wanted, p.workers_min, p.workers_max);

  while (!recent_.empty() && in.now - recent_.front().first > p.window_down)
    recent_.pop_front();
  while (!recent_.empty() && recent_.back().second <= wanted)
    recent_.pop_back();
  recent_.emplace_back(in.now, wanted);
  const auto highest = std::clamp(recent_.front().second, p.workers_min, p.workers_max);

  autoscale_decision d;
  d.reason = tenths_text(in.queued_work) + " of work wait, " + std::to_string(in.busy_slots) +
             " slots are busy: " + std::to_string(wanted) + " workers would be done within " +
             tenths_text(p.target_drain);
  if (wanted > in.workers) {
    if (last_up_ != steady_point::min() && in.now - last_up_ < p.pause_up) {
      d.desired = std::clamp(in.workers, p.workers_min, p.workers_max);
      d.reason += "; the last step up is less than " + tenths_text(p.pause_up) + " ago";
      if (d.desired > in.workers)
        last_up_ = in.now;
      return d;
    }
    const auto step = std::max<uint64_t>(1, uint64_t{in.workers} * p.step_up_percent / 100);
    const auto most = std::max<uint64_t>(p.workers_min, in.workers + step);
    d.desired = static_cast<uint32_t>(std::min<uint64_t>(wanted, most));
    last_up_ = in.now;
    if (d.desired < wanted)
      d.reason += "; at most " + std::to_string(step) + " more at once";
    return d;
  }
  d.desired = std::clamp(in.workers, wanted, std::max(wanted, highest));
  if (d.desired > wanted)
    d.reason += "; kept at " + std::to_string(d.desired) + ": " + std::to_string(highest) +
                " were needed within the last " + tenths_text(p.window_down);
  return d;
}

} // namespace callboard
