#pragma once

#include "core/scheduler/event_filter.hpp"
#include "http/api/event_feed.hpp"
#include "http/body_source.hpp"

#include <memory>
#include <optional>
#include <string>

namespace callboard {

/// What one reader gets of the feed, as Server-Sent Events. It ends when the reader has fallen so far behind that
/// events which it has not seen are not kept any more: it may come back with the id of the last one that it has seen,
/// and is told then what it has missed.
class event_stream final : public body_source {
public:
  /// @param after  the last event that the reader has seen; none: it wants what happens from now on.
  event_stream(std::shared_ptr<event_feed> feed, std::unique_ptr<event_feed::seat> seat, event_filter filter,
               const std::optional<event_id>& after);

  next_part next(std::string& out, size_t bytes_max) override;
  void on_ready(std::function<void()> wake) override;
  /// A comment, and the id up to which everything was looked at: of what the filter leaves out the reader sees nothing,
  /// and must not come back with an id that is long forgotten.
  std::string filler() override;
  duration filler_after() const override;

private:
  bool append_from(const event_feed::page& page, std::string& out, size_t bytes_max);

  std::shared_ptr<event_feed> feed_;
  std::unique_ptr<event_feed::seat> seat_; // after the feed, so that it goes before it
  event_filter filter_;
  event_id seen_;
  bool begun_ = false;
};

} // namespace callboard
