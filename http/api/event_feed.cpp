#include "http/api/event_feed.hpp"

#include "http/api/event_text.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace callboard {

std::shared_ptr<const std::string> event_batch::text(uint64_t number) const {
  const auto i = static_cast<size_t>(number - first_.number);
  const std::lock_guard lock{mutex_};
  if (texts_.empty())
    texts_.resize(events_.size());
  auto& t = texts_[i];
  if (!t)
    t = std::make_shared<const std::string>(event_text({first_.boot, number}, events_[i]));
  return t;
}

event_feed::~event_feed() {
  {
    const std::lock_guard lock{mutex_};
    over_ = true;
  }
  bell_.notify_all();
  if (ringer_.joinable())
    ringer_.join();
}

void event_feed::append(uint64_t boot, std::vector<scheduler_event>&& events) {
  add(boot, std::move(events));
}

void event_feed::append(std::vector<scheduler_event>&& events) {
  add(std::nullopt, std::move(events));
}

void event_feed::add(std::optional<uint64_t> boot, std::vector<scheduler_event>&& events) {
  if (events.empty())
    return;
  std::deque<std::shared_ptr<const event_batch>> dropped; // goes after the lock
  bool ring = false;
  {
    const std::lock_guard lock{mutex_};
    if (!boot && next_ == 1)
      return;
    if (boot && *boot != boot_) {
      dropped.swap(batches_);
      boot_ = *boot;
      first_ = next_;
    }
    auto batch = std::make_shared<const event_batch>(event_id{boot_, next_}, std::move(events));
    next_ = batch->end();
    batches_.push_back(std::move(batch));
    while (batches_.size() > 1 && next_ - batches_.front()->end() >= settings_.kept) {
      dropped.push_back(std::move(batches_.front()));
      batches_.pop_front();
    }
    first_ = batches_.front()->first().number;
    ring = any_awaits() && !std::exchange(rung_, true);
  }
  if (ring)
    bell_.notify_one();
}

bool event_feed::any_awaits() const {
  return !awaiting_.empty();
}

event_id event_feed::last() const {
  const std::lock_guard lock{mutex_};
  return {boot_, next_ - 1};
}

event_feed::page event_feed::read(const event_id& after) const {
  const std::lock_guard lock{mutex_};
  page p;
  p.before_first = {boot_, first_ - 1};
  // Before the first scheduler there was nothing that could be missed.
  const bool known = after.boot == boot_ || (after == event_id{} && first_ == 1);
  if (!known || after.number + 1 < first_ || after.number >= next_) {
    p.missed = true;
    return p;
  }
  auto i =
    std::partition_point(batches_.begin(), batches_.end(), [&](const auto& b) { return b->end() <= after.number + 1; });
  p.batches.assign(i, i + std::min<std::ptrdiff_t>(page_batches, batches_.end() - i));
  return p;
}

std::unique_ptr<event_feed::seat> event_feed::sit() {
  const std::lock_guard lock{mutex_};
  if (seats_ >= settings_.readers_max)
    return nullptr;
  auto s = std::make_unique<seat>(*this, true);
  ++seats_;
  start_ringer();
  return s;
}

std::unique_ptr<event_feed::seat> event_feed::sit_within() {
  const std::lock_guard lock{mutex_};
  start_ringer();
  return std::make_unique<seat>(*this, false);
}

void event_feed::start_ringer() {
  if (!ringer_.joinable())
    ringer_ = std::thread{[this] {
      ::pthread_setname_np(::pthread_self(), "events");
      ring();
    }};
}

size_t event_feed::readers() const {
  const std::lock_guard lock{mutex_};
  return seats_;
}

event_feed::seat::~seat() {
  const std::lock_guard lock{feed_.mutex_};
  feed_.seats_ -= counted_;
  std::erase_if(feed_.awaiting_, [this](const auto& x) { return x.first == this; });
}

void event_feed::seat::await(const event_id& after, std::function<void()> wake) {
  bool ring = false;
  {
    const std::lock_guard lock{feed_.mutex_};
    auto& all = feed_.awaiting_;
    std::erase_if(all, [this](const auto& x) { return x.first == this; });
    all.emplace_back(this, std::move(wake));
    // It came while the reader looked.
    const event_id last{feed_.boot_, feed_.next_ - 1};
    ring = !(last == after) && last.number != 0 && !std::exchange(feed_.rung_, true);
  }
  if (ring)
    feed_.bell_.notify_one();
}

/// Wakes all that wait, when there is something, and then lets some more come.
void event_feed::ring() {
  std::unique_lock lock{mutex_};
  while (!over_) {
    bell_.wait(lock, [this] { return rung_ || over_; });
    if (over_)
      return;
    rung_ = false;
    const auto awaiting = std::exchange(awaiting_, {});
    lock.unlock();
    for (const auto& [who, wake] : awaiting)
      wake();
    lock.lock();
    bell_.wait_for(lock, wake_pause, [this] { return over_; });
  }
}

} // namespace callboard
