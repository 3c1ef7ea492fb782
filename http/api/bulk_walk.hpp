#pragma once

#include "core/job/requests.hpp"
#include "http/api/api.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace callboard {

/// The right to run a bulk request or a summary. There are `bulk_requests_max` in a process, so that many clients at
/// once cannot fill the scheduler's own bound of requests.
class bulk_seat {
public:
  /// Nothing when all are taken. Any thread.
  static std::optional<bulk_seat> take() noexcept;
  bulk_seat(bulk_seat&& other) noexcept;
  bulk_seat& operator=(bulk_seat&&) = delete;
  ~bulk_seat();

private:
  bulk_seat() = default;
  bool held_ = true;
};

/// The answer when there is no seat: overloaded.
error no_bulk_seat();

/// When a slice that begins now has to end, so that its answer comes before `jobs.request_timeout`.
std::chrono::steady_clock::time_point bulk_end(const api& a);

/// How a walk ended.
struct walk_end {
  uint64_t looked_at = 0;
  /// Where to go on; none: there are no more.
  std::optional<job_id> next;
};

/// Looks at jobs page by page, at `jobs_max` at most, and for a bounded time.
/// @param query  which; its `limit` is the size of a page.
/// @param visit  called for each job, newest first, never twice at the same time, on any thread.
/// @param end    called once, on any thread. Error: that of a list.
void walk_jobs(const api& a, bulk_seat seat, list_request query, uint32_t jobs_max,
               std::function<void(const job_record&)> visit, std::function<void(result<walk_end>)> end);

} // namespace callboard
