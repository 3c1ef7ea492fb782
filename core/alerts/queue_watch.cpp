#include "core/alerts/queue_watch.hpp"

#include "core/base/real_seconds.hpp"

namespace callboard {

namespace {

constexpr duration minute = std::chrono::minutes{1};
/// For how long jobs are looked at to see whether they become fewer, and for how long at least.
constexpr duration drain_window = std::chrono::minutes{5}, drain_window_min = std::chrono::seconds{10};
constexpr duration drain_step = std::chrono::seconds{10};
constexpr double millionths = 1e6;

void add(alert_samples& out, const alert_limits& l, alert_rule r, const std::string& target, double value,
         double threshold) {
  if (l.of(r).on)
    out.holding.push_back({r, target, value, threshold});
}

void add_burning(const objective_state& o, const alert_limits& l, alert_samples& out) {
  const bool wait = o.kind == objective_kind::wait;
  const auto fast = fast_threshold(o.window, o.share), slow = slow_threshold(o.window, o.share);
  const auto target = "queue/" + o.queue;
  const auto& r = o.rates;
  if (r.fast_jobs >= l.objective_jobs_min && r.fast_short > fast && r.fast_long > fast)
    add(out, l, wait ? alert_rule::wait_burns_fast : alert_rule::success_burns_fast, target, r.fast_long, fast);
  if (r.slow_jobs >= l.objective_jobs_min && r.slow_short > slow && r.slow_long > slow)
    add(out, l, wait ? alert_rule::wait_burns_slow : alert_rule::success_burns_slow, target, r.slow_long, slow);
}

} // namespace

void failure_watch::see(steady_point now, uint64_t completed, uint64_t failed, bool from_zero, const alert_limits& l) {
  ended_.add(now, {failed, completed + failed}, from_zero);
  const auto recent = ended_.within(now, window);
  if (recent.all >= l.failures_jobs_min)
    usual_.see(now, recent.ratio());
}

void failure_watch::add_samples(const std::string& target, steady_point now, const alert_limits& l,
                                alert_samples& out) const {
  const auto recent = ended_.within(now, window);
  if (recent.all < l.failures_jobs_min)
    return;
  if (const auto most = l.of(alert_rule::most_jobs_fail).threshold; recent.ratio() > most)
    add(out, l, alert_rule::most_jobs_fail, target, recent.ratio(), most);
  if (const auto usual = usual_.value())
    if (const auto bound = l.failures_times_usual * *usual + margin; recent.ratio() > bound)
      add(out, l, alert_rule::failures_above_usual, target, recent.ratio(), bound);
}

queue_watch::queue_watch()
  : failures_(burn_slow_long, minute), waits_(burn_slow_long, minute), ready_(drain_window, drain_step) {
}

void queue_watch::see(steady_point now, const queue_metrics& q, bool from_zero, const alert_limits& l) {
  failures_.see(now, q.completed, q.failed, from_zero, l);
  ready_.add(now, q.ready);
  const auto good_wait = [](const auto& o) { return o && o->wait_millionths > 0 ? o->wait : duration{0}; };
  if (good_wait(objective_) != good_wait(q.objective))
    waits_.clear(); // what is good is another thing now, and is counted anew
  objective_ = q.objective;
  if (q.objective && q.objective->wait_millionths > 0)
    waits_.add(now, {q.waits - q.waits_good, q.waits}, from_zero);
}

void queue_watch::add_samples(const std::string& name, const queue_metrics& q, steady_point now, const alert_limits& l,
                              alert_samples& out) const {
  const auto target = "queue/" + name;
  const bool watched = name != l.unwatched_queue;
  if (watched)
    failures_.add_samples(target, now, l, out);
  const auto waits = l.of(alert_rule::queue_waits).threshold;
  if (q.oldest_ready && q.ready > 0 && real_seconds(*q.oldest_ready) > waits)
    add(out, l, alert_rule::queue_waits, target, real_seconds(*q.oldest_ready), waits);
  const auto full = l.of(alert_rule::queue_full).threshold;
  if (q.fullness && *q.fullness > full)
    add(out, l, alert_rule::queue_full, target, *q.fullness, full);
  std::vector<objective_state> objectives;
  add_objectives(name, now, objectives);
  for (const auto& o : objectives)
    add_burning(o, l, out);
}

void queue_watch::add_objectives(const std::string& name, steady_point now, std::vector<objective_state>& out) const {
  if (!objective_)
    return;
  const auto share = [](uint32_t n) { return n / millionths; };
  if (const auto s = share(objective_->wait_millionths); s > 0)
    out.push_back({name, objective_kind::wait, s, objective_->wait, objective_->window, burn_rates_of(waits_, s, now)});
  if (const auto s = share(objective_->success_millionths); s > 0)
    out.push_back({name, objective_kind::success, s, {}, objective_->window, burn_rates_of(failures_.ended(), s, now)});
}

std::optional<duration> queue_watch::drains_in() const {
  const auto* last = ready_.latest();
  if (last == nullptr)
    return std::nullopt;
  const auto* first = ready_.before(last->at - drain_window);
  const auto passed = last->at - first->at;
  if (last->value == 0 || first->value <= last->value || passed < drain_window_min)
    return std::nullopt;
  const auto fewer = static_cast<double>(first->value - last->value);
  return duration{static_cast<int64_t>(static_cast<double>(last->value) * static_cast<double>(passed.count()) / fewer)};
}

} // namespace callboard
