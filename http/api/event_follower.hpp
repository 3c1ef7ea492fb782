#pragma once

#include "core/scheduler/event_source.hpp"
#include "http/api/event_feed.hpp"

#include <functional>
#include <memory>
#include <string>

namespace callboard {

/// The feed, for one reader within the process.
class event_follower final : public event_source {
public:
  explicit event_follower(std::shared_ptr<event_feed> feed) : feed_(std::move(feed)) {
  }

  event_id last() const override {
    return feed_->last();
  }
  reading read(const event_id& after,
               const std::function<void(const event_id&, const scheduler_event&)>& each) const override;
  void await(const event_id& after, std::function<void()> wake) override;
  std::string json(const event_id& id, const scheduler_event& e) const override;

private:
  std::shared_ptr<event_feed> feed_;
  std::unique_ptr<event_feed::seat> seat_; // after the feed, so that it goes before it; null: nobody waits
};

} // namespace callboard
