#include "core/alerts/alert_book.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace callboard {

void alert_book::restore(alert_memory m) {
  for (auto& a : m.firing) {
    if (a.state != alert_state::firing || !a.fired_at || !limits_.of(a.rule).on)
      continue;
    key k{a.rule, a.target};
    active_.insert_or_assign(std::move(k), entry{std::move(a)});
  }
  for (auto& s : m.silences)
    silences_.insert_or_assign(s.id, std::move(s));
  next_silence_ = std::max(next_silence_, m.next_silence);
  if (!silences_.empty())
    next_silence_ = std::max(next_silence_, silences_.rbegin()->first + 1);
}

alert_memory alert_book::memory() const {
  alert_memory m;
  for (const auto& [k, e] : active_)
    if (e.a.state == alert_state::firing)
      m.firing.push_back(e.a);
  for (const auto& [id, s] : silences_)
    m.silences.push_back(s);
  m.next_silence = next_silence_;
  return m;
}

std::vector<alert_change> alert_book::look(const alert_samples& found, const moment& now) {
  std::vector<alert_change> out;
  if (std::erase_if(silences_, [&](const auto& x) { return x.second.until <= now.wall; }) > 0)
    changed_ = true;
  std::map<key, bool> holding;
  for (const auto& s : found.holding) {
    holding.emplace(key{s.rule, s.target}, true);
    note(s, now, out);
  }
  for (auto at = active_.begin(); at != active_.end();) {
    auto& e = at->second;
    bool gone = false;
    if (!holding.contains(at->first)) {
      const bool known = found.looked_at[static_cast<size_t>(e.a.rule)];
      if (e.a.state == alert_state::pending) {
        gone = true; // also when nothing is known: it has to hold all the time
      } else if (known) {
        if (!e.not_since)
          e.not_since = now.steady;
        if (now.steady - *e.not_since >= limits_.hold) {
          resolve(e, now, out);
          gone = true;
        }
      }
    }
    if (!gone)
      tell(e, out);
    at = gone ? active_.erase(at) : std::next(at);
  }
  return out;
}

void alert_book::note(const alert_sample& s, const moment& now, std::vector<alert_change>& out) {
  auto at = active_.find({s.rule, s.target});
  if (at == active_.end()) {
    if (active_.size() >= alerts_active_max)
      return;
    entry e;
    e.a.id = alert_id_of(s.rule, s.target, now.wall);
    e.a.rule = s.rule;
    e.a.target = s.target;
    e.a.since = now.wall;
    e.holds_since = now.steady;
    at = active_.emplace(key{s.rule, s.target}, std::move(e)).first;
  }
  auto& e = at->second;
  e.a.value = s.value;
  e.a.threshold = s.threshold;
  e.not_since.reset();
  if (e.a.state == alert_state::pending && now.steady - e.holds_since >= limits_.of(s.rule).lasts)
    fire(e, now, out);
}

void alert_book::fire(entry& e, const moment& now, std::vector<alert_change>& out) {
  e.a.state = alert_state::firing;
  e.a.fired_at = now.wall;
  changed_ = true;
  out.push_back({alert_news::fires, e.a});
}

/// Says to those whom the settings name that it fires, unless they know, nobody wants to be told, or it seems to be
/// over.
void alert_book::tell(entry& e, std::vector<alert_change>& out) {
  if (e.a.state != alert_state::firing || e.a.notified || e.a.ack || e.not_since || is_silenced(e.a))
    return;
  e.a.notified = true;
  changed_ = true;
  out.push_back({alert_news::tell_fires, e.a});
}

void alert_book::resolve(entry& e, const moment& now, std::vector<alert_change>& out) {
  e.a.state = alert_state::resolved;
  e.a.resolved_at = now.wall;
  changed_ = true;
  out.push_back({alert_news::is_resolved, e.a});
  if (e.a.notified)
    out.push_back({alert_news::tell_resolved, e.a});
  resolved_.push_front(e.a);
  if (resolved_.size() > limits_.kept)
    resolved_.pop_back();
}

bool alert_book::is_silenced(const alert& a) const {
  return std::any_of(silences_.begin(), silences_.end(), [&](const auto& x) { return x.second.fits(a); });
}

void alert_book::was_not_told(uint64_t id) {
  for (auto& [k, e] : active_)
    if (e.a.id == id && e.a.notified) {
      e.a.notified = false;
      changed_ = true;
    }
}

result<alert> alert_book::acknowledge(uint64_t id, alert_ack ack) {
  for (auto& [k, e] : active_)
    if (e.a.id == id) {
      e.a.ack = std::move(ack);
      changed_ = true;
      return e.a;
    }
  for (const auto& a : resolved_)
    if (a.id == id)
      return error{ec::invalid_state,
                   "the alert " + alert_id_text(id) + " is resolved; there is nothing to look after"};
  return error{ec::not_found, "there is no alert " + alert_id_text(id), "id"};
}

result<alert_silence> alert_book::silence(alert_silence s, const moment& now) {
  std::erase_if(silences_, [&](const auto& x) { return x.second.until <= now.wall; });
  if (silences_.size() >= limits_.silences_max)
    return error{ec::queue_full, "there are " + std::to_string(silences_.size()) +
                                   " silences, which is as many as there may be (alerts.silences_max); end one"};
  s.id = next_silence_++;
  s.created_at = now.wall;
  changed_ = true;
  return silences_.emplace(s.id, s).first->second;
}

result<alert_silence> alert_book::end_silence(uint64_t id) {
  const auto at = silences_.find(id);
  if (at == silences_.end())
    return error{ec::not_found, "there is no silence " + silence_id_text(id), "id"};
  auto s = std::move(at->second);
  silences_.erase(at);
  changed_ = true;
  return s;
}

std::vector<alert> alert_book::alerts() const {
  std::vector<alert> all;
  for (const auto& [k, e] : active_)
    all.push_back(e.a);
  std::stable_sort(all.begin(), all.end(), [](const alert& a, const alert& b) {
    const auto place = [](const alert& x) {
      return std::tuple{x.state != alert_state::firing, row_of(x.rule).severity, x.since};
    };
    return place(a) < place(b);
  });
  all.insert(all.end(), resolved_.begin(), resolved_.end());
  return all;
}

std::vector<alert_silence> alert_book::silences() const {
  std::vector<alert_silence> all;
  for (const auto& [id, s] : silences_)
    all.push_back(s);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.until < b.until; });
  return all;
}

void alert_book::sanity_check() const {
  const auto expect = [](bool good, const char* what) {
    if (!good)
      throw std::logic_error{what};
  };
  expect(active_.size() <= alerts_active_max, "more alerts are active than may be");
  expect(resolved_.size() <= limits_.kept, "more resolved alerts are kept than may be");
  expect(silences_.size() <= limits_.silences_max, "there are more silences than may be");
  for (const auto& [k, e] : active_) {
    expect(k.first == e.a.rule && k.second == e.a.target, "an alert is in the place of another one");
    expect(e.a.state != alert_state::resolved && !e.a.resolved_at, "a resolved alert is active");
    expect((e.a.state == alert_state::firing) == e.a.fired_at.has_value(), "firing and the time of it go together");
    expect(!e.a.notified || e.a.state == alert_state::firing, "a pending alert was told");
    expect(!e.not_since || e.a.state == alert_state::firing, "a pending alert whose condition does not hold");
  }
  for (const auto& a : resolved_)
    expect(a.state == alert_state::resolved && a.resolved_at && a.fired_at, "what is resolved has fired before");
}

const alert_silence* silence_of(const std::vector<alert_silence>& all, const alert& a) {
  const alert_silence* last = nullptr;
  for (const auto& s : all)
    if (s.fits(a) && (last == nullptr || s.until > last->until))
      last = &s;
  return last;
}

} // namespace callboard
