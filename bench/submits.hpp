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

/// A whole request that submits one `noop` job with the payload of a small mail.
std::string single_submit(std::string_view durability);

/// A whole request that submits `count` such jobs.
std::string batch_submit(uint64_t count, std::string_view durability, std::string_view extra_fields = {});

/// The id in the answer to a single submit. Throws std::runtime_error when there is none.
std::string submitted_id(std::string_view body);

/// Answers other than the expected one, by status, with an example.
class failure_count {
public:
  void add(const response& r);
  void put(nlohmann::ordered_json& line) const;

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
/// @param extra_fields  more members of each job, beginning with a comma.
filled fill(const endpoint& server, uint64_t jobs, uint64_t batch, std::string_view durability,
            std::string_view extra_fields = {});

/// Returns once that many workers are there and ready. Throws std::runtime_error after half a minute.
void wait_for_workers(rest_client& rest, uint32_t workers);

/// Returns once `finished` jobs have ended since the scheduler started. Throws when some did not succeed, or when
/// nothing moves for half a minute.
void wait_until_finished(rest_client& rest, uint64_t finished);

/// Returns once nothing waits or runs any more.
void wait_until_idle(rest_client& rest);

} // namespace callboard::bench
