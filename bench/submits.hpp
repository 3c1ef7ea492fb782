#pragma once

#include "bench/load.hpp"
#include "bench/report.hpp"
#include "bench/rest_client.hpp"

#include <map>
#include <string>
#include <string_view>

namespace callboard::bench {

/// Connections that `fill` uses.
inline constexpr uint32_t fill_connections = 4;

/// Batches that fill a queue when filling is not what is measured.
inline constexpr uint64_t fill_batch = 1000;

/// The payload of a small mail, which most measurements submit as `noop`.
inline constexpr std::string_view mail_payload =
  R"({"to":"user@example.com","subject":"Welcome","body":"Welcome to our service"})";

/// One job as JSON. `extra_fields` are more members, beginning with a comma.
std::string job_text(std::string_view type, std::string_view payload, std::string_view durability,
                     std::string_view extra_fields = {});

/// A whole request that submits one job.
std::string single_submit(const std::string& job);

/// A whole request that submits `count` such jobs.
std::string batch_submit(uint64_t count, const std::string& job);

/// The id in the answer to a single submit. Throws std::runtime_error when there is none.
std::string submitted_id(std::string_view body);

/// Answers other than the expected one, by status, with an example.
class failure_count {
public:
  void add(const response& r);
  void put(json_line& figures) const;

private:
  std::map<int, uint64_t> by_status_;
  std::string example_;
};

struct filled {
  uint64_t jobs = 0;
  std::chrono::nanoseconds elapsed{0};
  latencies latency; ///< of one batch
};

/// Submits `jobs` jobs in batches. Throws std::runtime_error when one is refused.
filled fill(const endpoint& server, uint64_t jobs, uint64_t batch, const std::string& job);

/// Submits `jobs` jobs one by one over `connections` connections, each as soon as the one before is answered. Throws
/// std::runtime_error when one is refused.
filled fill_singly(const endpoint& server, uint64_t jobs, uint32_t connections, const std::string& job);

/// Returns once that many workers are there and ready. Throws std::runtime_error when none comes for half a minute.
void wait_for_workers(rest_client& rest, uint32_t workers);

/// Returns once `finished` jobs have ended since the scheduler started: when and how many were seen. Polls more often
/// the nearer it comes, so that the time is exact and the scheduler hardly notices. Throws when some did not succeed,
/// or when nothing moves for a minute.
struct seen_progress {
  steady::time_point at;
  progress what;
};
seen_progress wait_until_finished(rest_client& rest, uint64_t finished);

/// Returns once nothing waits or runs any more.
void wait_until_idle(rest_client& rest);

} // namespace callboard::bench
