#pragma once

#include "core/scheduler/event.hpp"
#include "core/scheduler/event_id.hpp"

#include <functional>
#include <string>

namespace callboard {

/// The stream of events, for a reader within the process.
class event_source {
public:
  virtual ~event_source() = default;

  /// Of the latest event; number 0: there was none.
  virtual event_id last() const = 0;

  struct reading {
    event_id seen;       ///< everything up to it was given, or is missing
    bool missed = false; ///< events between `after` and `seen` are not kept any more, or were told by another scheduler
    bool more = false;   ///< there may be others behind `seen`
  };
  /// Gives the next events behind `after`, in their order, but not all at once.
  virtual reading read(const event_id& after,
                       const std::function<void(const event_id&, const scheduler_event&)>& each) const = 0;

  /// `wake` is called once, on any thread, when there are events behind `after`. Replaces the one before; null: nobody
  /// waits any more.
  virtual void await(const event_id& after, std::function<void()> wake) = 0;

  /// The event as a reader of the stream gets it. @param id  of number 0: it is left out
  virtual std::string json(const event_id& id, const scheduler_event& e) const = 0;
};

} // namespace callboard
