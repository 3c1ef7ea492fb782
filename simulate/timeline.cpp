#include "simulate/timeline.hpp"

#include <algorithm>
#include <utility>

namespace callboard::simulate {

void timeline::at(duration t, std::function<void()> f) {
  events_to_come_.emplace(key{std::max(t, elapsed_), false, ++last_}, std::move(f));
}

void timeline::at_end_of(duration t, std::function<void()> f) {
  events_to_come_.emplace(key{std::max(t, elapsed_), true, ++last_}, std::move(f));
}

bool timeline::run_next(duration until) {
  if (events_to_come_.empty() || std::get<0>(events_to_come_.begin()->first) > until)
    return false;
  auto next = events_to_come_.extract(events_to_come_.begin());
  elapsed_ = std::get<0>(next.key());
  ++events_;
  next.mapped()();
  return true;
}

} // namespace callboard::simulate
