#include "core/calendar/schedule.hpp"

#include <algorithm>

namespace callboard {

using namespace std::chrono;

namespace {

const utc_rules utc;

std::optional<time_point> next_of(const cron& c, const schedule_rules& r, time_point t) {
  return c.next(floor<seconds>(t), r.zone ? *r.zone : utc);
}

std::optional<time_point> next_of(const fire_every& e, const schedule_rules&, time_point t) {
  if (t < e.anchor)
    return e.anchor;
  return e.anchor + ((t - e.anchor) / e.period + 1) * e.period;
}

std::optional<time_point> next_of(const fire_once& o, const schedule_rules&, time_point t) {
  return o.at > t ? std::optional{o.at} : std::nullopt;
}

/// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), with the finalizer of MurmurHash3 (A. Appleby): times that follow each
/// other give numbers that do not.
uint64_t hash_of(std::string_view name, int64_t n) {
  uint64_t h = 0xcbf29ce484222325ull;
  const auto mix = [&h](uint64_t byte) { h = (h ^ byte) * 0x100000001b3ull; };
  for (const char c : name)
    mix(static_cast<unsigned char>(c));
  for (int i = 0; i < 8; ++i)
    mix((static_cast<uint64_t>(n) >> (8 * i)) & 255);
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdull;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return h ^ (h >> 33);
}

/// Those after `from` whose time, with their jitter, has come by `now`: one more than are looked at, at most.
std::vector<time_point> fires_between(const schedule_rules& r, std::string_view name, time_point from, time_point now) {
  std::vector<time_point> out;
  for (auto t = next_fire(r, from); t && *t + jitter_of(r, name, *t) <= now && out.size() <= fires_counted_max;
       t = next_fire(r, *t))
    out.push_back(*t);
  return out;
}

/// `handled`, or the earliest moment after it, to the second, from which not more have come than are looked at.
time_point look_from(const schedule_rules& r, std::string_view name, time_point handled, time_point now) {
  const auto too_many = [&](time_point from) { return fires_between(r, name, from, now).size() > fires_counted_max; };
  if (!too_many(handled))
    return handled;
  auto from = handled, enough = now;
  while (enough - from > seconds{1}) {
    const auto middle = from + (enough - from) / 2;
    (too_many(middle) ? from : enough) = middle;
  }
  return enough;
}

} // namespace

std::optional<time_point> next_fire(const schedule_rules& r, time_point t) {
  if (r.starts_at)
    t = std::max(t, *r.starts_at - duration{1});
  const auto next = std::visit([&](const auto& when) { return next_of(when, r, t); }, r.when);
  return next && r.ends_at && *next >= *r.ends_at ? std::nullopt : next;
}

duration jitter_of(const schedule_rules& r, std::string_view name, time_point fire) {
  if (r.jitter <= duration{0})
    return duration{0};
  const auto n = hash_of(name, fire.time_since_epoch().count());
  return duration{static_cast<int64_t>(n % (static_cast<uint64_t>(r.jitter.count()) + 1))};
}

due_fires fires_due(const schedule_rules& r, std::string_view name, time_point handled, time_point now) {
  due_fires out;
  out.handled = handled;
  std::vector<time_point> late, in_time;
  for (auto t : fires_between(r, name, look_from(r, name, handled, now), now)) {
    out.handled = t;
    (now - t <= fire_grace + r.jitter ? in_time : late).push_back(t);
  }
  size_t served = 0;
  if (r.missed == catch_up_rule::all)
    served = std::min<size_t>(late.size(), r.catch_up_max);
  else if (r.missed == catch_up_rule::last && in_time.empty())
    served = std::min<size_t>(late.size(), 1);
  out.missed = late.size() - served;
  out.serve.assign(late.end() - static_cast<ptrdiff_t>(served), late.end());
  out.serve.insert(out.serve.end(), in_time.begin(), in_time.end());
  return out;
}

fire_decision decide_fire(overlap_rule rule, size_t unfinished) {
  if (unfinished == 0)
    return fire_decision::submit;
  switch (rule) {
  case overlap_rule::allow:
    return fire_decision::submit;
  case overlap_rule::skip:
    return fire_decision::skip;
  case overlap_rule::queue:
    return fire_decision::wait;
  case overlap_rule::replace:
    return fire_decision::cancel_others_and_submit;
  }
  return fire_decision::submit;
}

} // namespace callboard
