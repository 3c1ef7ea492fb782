#include "tests/sim/http_line.hpp"

#include <algorithm>

namespace callboard::sim {

using namespace std::chrono_literals;

http_line::exchange_ptr http_line::open(duration patience, std::function<void(const error&)> fail) {
  const auto x = std::make_shared<exchange>();
  x->fail = std::move(fail);
  open_.push_back(x);
  fail_after(patience, x);
  return x;
}

bool http_line::close(const exchange_ptr& x) {
  std::erase(open_, x);
  return std::exchange(x->open, false);
}

void http_line::fail_after(duration d, const exchange_ptr& x) {
  w_.after(d, client_, "a request fails", [this, x] {
    if (close(x))
      x->fail({ec::internal_timeout, "there is no answer"});
  });
}

std::optional<duration> http_line::way_there(const exchange_ptr& x) {
  if (!scheduler_.up() || w_.now() < isolated_until_) {
    x->broken = true;
    fail_after(w_.between(1ms, 300ms), x);
    return std::nullopt;
  }
  return travel(stalled_to_scheduler_);
}

std::optional<duration> http_line::way_back(const exchange_ptr& x) {
  // It was given up, or whoever asked is dead: what it has renewed counts for nobody.
  if (!x->open)
    who_.disturb(w_.now());
  if (x->broken)
    return std::nullopt;
  return travel(stalled_to_worker_);
}

std::optional<duration> http_line::travel(duration stalled_until) {
  auto d = std::max(w_.between(0ms, sky_.message_max), stalled_until - w_.now());
  if (!well_behaved_ && w_.chance(sky_.requests_lost)) {
    who_.disturb(w_.now());
    return std::nullopt;
  }
  if (!well_behaved_ && w_.chance(sky_.requests_late)) {
    d += w_.between(5ms, w_.chance(0.8) ? 300ms : 5s);
    who_.disturb(w_.now() + d);
  }
  return d;
}

void http_line::cut() {
  for (const auto& x : open_) {
    x->broken = true;
    fail_after(w_.between(0ms, 2s), x);
  }
}

void http_line::stall(duration d, bool to_worker, bool to_scheduler) {
  if (to_worker)
    stalled_to_worker_ = w_.now() + d;
  if (to_scheduler)
    stalled_to_scheduler_ = w_.now() + d;
}

void http_line::forget() {
  for (const auto& x : open_)
    x->open = false;
  open_.clear();
}

} // namespace callboard::sim
