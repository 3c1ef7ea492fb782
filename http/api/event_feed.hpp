#pragma once

#include "config/settings.hpp"
#include "core/scheduler/event.hpp"
#include "core/scheduler/event_id.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace callboard {

/// Events that were told together, which readers share. Immutable, but for texts that are made when they are wanted.
class event_batch {
public:
  event_batch(event_id first, std::vector<scheduler_event>&& events) : first_(first), events_(std::move(events)) {
  }
  const event_id& first() const {
    return first_;
  }
  /// The number behind the last one.
  uint64_t end() const {
    return first_.number + events_.size();
  }
  const scheduler_event& at(uint64_t number) const {
    return events_[static_cast<size_t>(number - first_.number)];
  }
  /// The event as it goes over the wire (docs/events.md), made once for all readers. Any thread.
  std::shared_ptr<const std::string> text(uint64_t number) const;

private:
  event_id first_;
  std::vector<scheduler_event> events_;
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<const std::string>> texts_;
};

/// The latest events, `events.kept` of them at least and a batch more at most. The scheduler adds, any number of
/// readers follow, each at its own pace; nobody waits for a reader. Thread-safe.
///
/// To add costs the scheduler no more than a pointer, however many readers there are: they are woken by a thread of the
/// feed, together and not more often than every `wake_pause`.
class event_feed {
public:
  static constexpr duration wake_pause = std::chrono::milliseconds{10};
  /// Batches on a page: whoever adds waits no longer than they are picked up.
  static constexpr size_t page_batches = 256;

  explicit event_feed(const event_settings& s) : settings_(s) {
  }
  ~event_feed();
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;

  /// Adds what has happened. With another boot than before, what is there is dropped: it was told by another scheduler,
  /// and between the two something may be missing.
  void append(uint64_t boot, std::vector<scheduler_event>&& events);

  /// Adds what has happened beside the scheduler, to what it has told. Before it has told anything it is dropped: it
  /// would have no id.
  void append(std::vector<scheduler_event>&& events);

  /// Of the latest event; number 0: there was none.
  event_id last() const;

  /// What a reader gets that has seen everything up to `after`.
  struct page {
    std::vector<std::shared_ptr<const event_batch>> batches; ///< the next ones behind `after`, in order; none: no more
    bool missed =
      false; ///< events behind `after` are not kept any more, or it is of another scheduler; no batches then
    event_id before_first; ///< where a reader goes on that has missed some
  };
  page read(const event_id& after) const;

  /// A reader's place among those that are allowed; it is given back when it goes.
  class seat {
  public:
    /// @param counted  among those that are allowed
    seat(event_feed& f, bool counted) : feed_(f), counted_(counted) {
    }
    ~seat();
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    /// `wake` is called once, on the feed's thread, when there are events behind `after`. Replaces the one before.
    void await(const event_id& after, std::function<void()> wake);

  private:
    event_feed& feed_;
    const bool counted_;
  };
  /// Null: there are `events.readers_max` already. The feed outlives its seats.
  std::unique_ptr<seat> sit();
  /// Of a part of the scheduler that follows its own events: it is not counted.
  std::unique_ptr<seat> sit_within();

  const event_settings& settings() const {
    return settings_;
  }
  size_t readers() const;

private:
  /// @param boot  nothing: as it is
  void add(std::optional<uint64_t> boot, std::vector<scheduler_event>&& events);
  void start_ringer();
  void ring();
  bool any_awaits() const;

  const event_settings settings_;
  mutable std::mutex mutex_;
  uint64_t boot_ = 0;
  uint64_t next_ = 1;  ///< number of the next event
  uint64_t first_ = 1; ///< number of the first one that is kept
  std::deque<std::shared_ptr<const event_batch>> batches_;
  std::vector<std::pair<const seat*, std::function<void()>>> awaiting_;
  size_t seats_ = 0;
  bool rung_ = false, over_ = false;
  std::condition_variable bell_;
  std::thread ringer_; ///< since there was a reader
};

} // namespace callboard
