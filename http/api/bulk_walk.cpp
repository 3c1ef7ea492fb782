#include "http/api/bulk_walk.hpp"

#include "http/limits.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace callboard {

namespace {

using steady = std::chrono::steady_clock;

std::atomic<uint32_t> seats_taken{0};

class job_walk : public std::enable_shared_from_this<job_walk> {
public:
  job_walk(const api& a, bulk_seat seat, list_request query, uint32_t jobs_max,
           std::function<void(const job_record&)> visit, std::function<void(result<walk_end>)> end)
    : back_(a.back), seat_(std::move(seat)), query_(std::move(query)), page_max_(query_.limit), jobs_max_(jobs_max),
      until_(bulk_end(a)), visit_(std::move(visit)), end_(std::move(end)) {
  }

  /// Asks for pages until one does not come at once, or it is over. A backend that answers within the call must not
  /// make the stack grow.
  void go() {
    while (true) {
      {
        const std::lock_guard lock{mutex_};
        asking_ = true;
      }
      auto request = query_;
      request.limit = static_cast<uint32_t>(std::min<uint64_t>(page_max_, jobs_max_ - reached_.looked_at));
      back_.list(std::move(request), [self = shared_from_this()](result<job_list> page) { self->on(std::move(page)); });
      std::optional<result<job_list>> page;
      {
        const std::lock_guard lock{mutex_};
        asking_ = false;
        page = std::exchange(answered_, std::nullopt);
      }
      if (!page || !take(std::move(*page)))
        return;
    }
  }

private:
  void on(result<job_list> page) {
    {
      const std::lock_guard lock{mutex_};
      if (asking_) {
        answered_.emplace(std::move(page));
        return;
      }
    }
    if (take(std::move(page)))
      go();
  }

  /// True: there is more to look at.
  bool take(result<job_list> page) {
    if (!page) {
      end_(std::move(page).err());
      return false;
    }
    for (const auto& j : page->jobs)
      visit_(*j);
    reached_.looked_at += page->jobs.size();
    reached_.next = query_.below = page->next;
    if (page->next && reached_.looked_at < jobs_max_ && steady::now() < until_)
      return true;
    end_(reached_);
    return false;
  }

  backend& back_;
  bulk_seat seat_;
  list_request query_;
  const uint32_t page_max_, jobs_max_;
  const steady::time_point until_;
  std::function<void(const job_record&)> visit_;
  std::function<void(result<walk_end>)> end_;
  walk_end reached_;
  std::mutex mutex_;
  bool asking_ = false; // the call has not returned; its answer is left for it
  std::optional<result<job_list>> answered_;
};

} // namespace

std::optional<bulk_seat> bulk_seat::take() noexcept {
  if (seats_taken.fetch_add(1, std::memory_order_relaxed) < http_limits::bulk_requests_max)
    return bulk_seat{};
  seats_taken.fetch_sub(1, std::memory_order_relaxed);
  return std::nullopt;
}

bulk_seat::bulk_seat(bulk_seat&& other) noexcept : held_(std::exchange(other.held_, false)) {
}

bulk_seat::~bulk_seat() {
  if (held_)
    seats_taken.fetch_sub(1, std::memory_order_relaxed);
}

error no_bulk_seat() {
  return {ec::overloaded,
          std::to_string(http_limits::bulk_requests_max) + " bulk requests are under way already; try again later"};
}

steady::time_point bulk_end(const api& a) {
  return steady::now() + std::min(http_limits::bulk_time_max, a.jobs.request_timeout / 2);
}

void walk_jobs(const api& a, bulk_seat seat, list_request query, uint32_t jobs_max,
               std::function<void(const job_record&)> visit, std::function<void(result<walk_end>)> end) {
  std::make_shared<job_walk>(a, std::move(seat), std::move(query), jobs_max, std::move(visit), std::move(end))->go();
}

} // namespace callboard
