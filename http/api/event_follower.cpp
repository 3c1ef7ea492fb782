#include "http/api/event_follower.hpp"

#include "http/api/event_text.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

event_source::reading
event_follower::read(const event_id& after,
                     const std::function<void(const event_id&, const scheduler_event&)>& each) const {
  const auto page = feed_->read(after);
  reading r{page.missed ? page.before_first : after, page.missed, page.missed || !page.batches.empty()};
  for (const auto& batch : page.batches)
    for (auto n = std::max(batch->first().number, r.seen.number + 1); n < batch->end(); ++n) {
      r.seen = {batch->first().boot, n};
      each(r.seen, batch->at(n));
    }
  return r;
}

void event_follower::await(const event_id& after, std::function<void()> wake) {
  if (!wake)
    return seat_.reset();
  if (!seat_)
    seat_ = feed_->sit_within();
  seat_->await(after, std::move(wake));
}

std::string event_follower::json(const event_id& id, const scheduler_event& e) const {
  return event_json(id, e);
}

} // namespace callboard
