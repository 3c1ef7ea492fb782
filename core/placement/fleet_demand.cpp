#include "core/placement/fleet_demand.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>

namespace callboard {

namespace {

/// The emptiest first; among equals the last by name, which is the newest where names are counted up.
bool emptier(const fleet_member* a, const fleet_member* b) {
  return a->jobs != b->jobs ? a->jobs < b->jobs : a->name > b->name;
}

} // namespace

/// Who has come, who has gone, and what nobody waits for any longer.
void fleet_demand::take_note(steady_point now, const std::vector<fleet_member>& present) {
  std::set<std::string> names;
  for (const auto& m : present) {
    names.insert(m.name);
    if (known_.count(m.name) == 0 && !expected_.empty() && --expected_.front().workers == 0)
      expected_.pop_front();
  }
  known_ = std::move(names);
  if (quiet_until_ <= now)
    quiet_until_ = steady_point::min();
  std::erase_if(expected_, [now](const expectation& e) { return e.until <= now; });
  std::erase_if(leaving_, [&](const auto& kv) { return kv.second <= now || known_.count(kv.first) == 0; });
}

fleet_order fleet_demand::decide(steady_point now, uint32_t wanted, const std::vector<fleet_member>& present) {
  take_note(now, present);
  std::vector<const fleet_member*> working, cordoned;
  for (const auto& m : present)
    if (leaving_.count(m.name) == 0)
      (m.cordoned ? cordoned : working).push_back(&m);
  std::sort(working.begin(), working.end(), emptier);
  std::sort(cordoned.begin(), cordoned.end(), emptier);

  fleet_order o;
  const auto have = working.size() + expected();
  if (wanted > have) {
    auto missing = wanted - have;
    for (; missing > 0 && !cordoned.empty(); --missing, cordoned.pop_back())
      o.take_back.push_back(cordoned.back()->name);
    if (missing > 0 && may_call(now))
      o.start = static_cast<uint32_t>(missing);
  } else {
    for (size_t i = 0; i + wanted < working.size(); ++i)
      o.cordon.push_back(working[i]->name);
  }
  // Whoever is cordoned only now may have been given a job in this moment: the next look will tell.
  if (o.start == 0 && may_call(now))
    for (const auto* m : cordoned)
      if (m->jobs == 0)
        o.stop.push_back(m->name);
  if (o.start > 0)
    expected_.push_back({o.start, steady_point::max()});
  for (const auto& name : o.stop)
    leaving_[name] = steady_point::max();
  calling_ = calling_ || o.start > 0 || !o.stop.empty();
  return o;
}

void fleet_demand::call_ended(steady_point now, bool succeeded) {
  calling_ = false;
  const auto of_this_call = [](steady_point until) { return until == steady_point::max(); };
  if (succeeded) {
    failures_ = 0;
    for (auto& e : expected_)
      if (of_this_call(e.until))
        e.until = now + patience_;
    for (auto& [name, until] : leaving_)
      if (of_this_call(until))
        until = now + patience_;
    return;
  }
  constexpr uint32_t doublings_max = 20;
  quiet_until_ = now + std::min(patience_, first_pause * (1 << std::min(failures_, doublings_max)));
  ++failures_;
  std::erase_if(expected_, [&](const expectation& e) { return of_this_call(e.until); });
  std::erase_if(leaving_, [&](const auto& kv) { return of_this_call(kv.second); });
}

uint32_t fleet_demand::expected() const noexcept {
  uint32_t n = 0;
  for (const auto& e : expected_)
    n += e.workers;
  return n;
}

steady_point fleet_demand::next_look() const noexcept {
  if (calling_)
    return steady_point::max();
  auto next = quiet_until_ == steady_point::min() ? steady_point::max() : quiet_until_;
  for (const auto& e : expected_)
    next = std::min(next, e.until);
  for (const auto& [name, t] : leaving_)
    next = std::min(next, t);
  return next;
}

void fleet_demand::sanity_check() const {
  for (const auto& e : expected_) {
    CB_INVARIANT(e.workers > 0, "an expectation that is fulfilled is not kept");
    CB_INVARIANT(calling_ || e.until != steady_point::max(), "without a call under way every expectation ends");
  }
  for (const auto& [name, t] : leaving_) {
    CB_INVARIANT(known_.count(name) != 0, "whoever leaves is present");
    CB_INVARIANT(calling_ || t != steady_point::max(), "without a call under way nobody leaves for ever");
  }
}

} // namespace callboard
