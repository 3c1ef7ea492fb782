#pragma once

#include "core/base/ids.hpp"
#include "core/job/views.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace callboard {

/// Idempotency keys that the store does not tell of: those of jobs that are being written, and those that were written
/// while somebody was reading the store, who may have missed them. All others are in the store.
class key_register {
public:
  /// What two submits with one key must have in common.
  static uint64_t digest_of(std::string_view type, std::string_view payload);

  // -- reads of the store
  void read_begins(uint64_t request);
  void read_ends(uint64_t request);

  // -- keys of jobs that are being written
  void claim(const std::string& key, job_id job, uint64_t digest);
  bool is_claimed(const std::string& key) const {
    return claimed_.count(key) != 0;
  }
  /// The request is looked at anew when the key's job is written, or is not. False: nobody is writing the key.
  bool wait_for(const std::string& key, uint64_t request);
  /// The key's job is written (`answer`), or will not be (null). @return the requests that waited for it.
  std::vector<uint64_t> settle(const std::string& key, const submit_answer* answer);
  /// Nobody waits any more.
  void forget_waiting();

  /// A key that was written since a read that is under way began, or null.
  struct written_key {
    submit_answer answer;
    uint64_t digest = 0;
    uint64_t reads = 0; ///< begun when it was written
  };
  const written_key* find_written(const std::string& key) const;
  size_t written() const {
    return written_.size();
  }

  template <class Each>
  void for_each_claim(Each&& each) const {
    for (const auto& [key, o] : claimed_)
      each(key, o.job);
  }
  /// Throws std::logic_error when keys would be remembered for ever.
  void sanity_check() const;

private:
  struct owner {
    job_id job;
    uint64_t digest = 0;
    std::vector<uint64_t> waiting; ///< requests
  };

  std::unordered_map<std::string, owner> claimed_;
  std::unordered_map<std::string, written_key> written_;
  std::deque<std::pair<uint64_t, std::string>> in_order_; ///< of `written_`, by reads
  std::map<uint64_t, uint64_t> reading_;                  ///< request -> number of its read
  uint64_t reads_ = 0;
};

} // namespace callboard
