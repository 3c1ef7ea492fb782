#pragma once

#include "core/base/error.hpp"
#include "core/base/name_table.hpp"
#include "core/index/job_table.hpp"
#include "core/placement/shape_table.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace callboard {

/// What a job is to the indices besides its state: numbers of its queue, its shape, its lane.
struct job_class {
  uint32_t queue = 0;
  uint16_t shape = 0;
  uint32_t lane = 0; ///< by its concurrency key; 0: it has none
};

/// The names of queues, job types and concurrency keys of live jobs as numbers, and their shapes. An acquired class has
/// one more job until it is released.
class class_table {
public:
  /// Error: out_of_range (queue, jobType, concurrencyKey) or queue_full (resources) when a table is full; nothing is
  /// acquired then.
  result<job_class> acquire(std::string_view queue, std::string_view type, std::string_view key,
                            const resource_request& r, bool preempts = false);
  void release(const job_class& c);
  /// A type that a worker can run. Nothing when the table is full.
  std::optional<uint32_t> acquire_type(std::string_view name);
  void release_type(uint32_t number) {
    types_.release(number);
  }
  /// Queues, types and lanes whose number has a new meaning since this was called last.
  struct new_names {
    std::vector<uint32_t> queues, types, lanes;
  };
  new_names take_new_names();

  const name_table& queues() const {
    return queues_;
  }
  const name_table& types() const {
    return types_;
  }
  /// Concurrency keys, by `key_name`; a lane's number is one more than here.
  const name_table& lanes() const {
    return lanes_;
  }
  shape_table& shapes() {
    return shapes_;
  }
  const shape_table& shapes() const {
    return shapes_;
  }
  /// The concurrency key of a lane; of lane 0 none.
  std::string_view key_of(uint32_t lane) const;
  /// Precondition: not lane 0.
  uint32_t queue_of(uint32_t lane) const {
    return lane_queues_.at(lane);
  }
  /// The lane of a key that has jobs, or had some.
  std::optional<uint32_t> find_lane(std::string_view queue, std::string_view key) const;
  /// `each(key)` for the keys of a queue that have jobs. O(all keys).
  template <class Each>
  void for_each_key(std::string_view queue, Each&& each) const {
    lanes_.for_each([&](uint32_t number, std::string_view name) {
      if (lanes_.is_used(number) && name.starts_with(queue) && name[queue.size()] == '\0')
        each(key_of(number + 1));
    });
  }

  /// When the queue last had a job that finished; the epoch: never.
  time_point last_processed(uint32_t queue) const;
  void set_processed(uint32_t queue, time_point at) {
    last_processed_[queue] = at;
  }

  /// Throws std::logic_error when a table contradicts itself.
  void sanity_check() const;

private:
  bool acquire_lane(std::string_view queue, std::string_view key, job_class& c);

  name_table queues_{queues_max};
  name_table types_;
  name_table lanes_{queues_max};
  std::vector<uint32_t> lane_queues_;      // by lane
  std::vector<time_point> last_processed_; // by queue
  shape_table shapes_;
  new_names new_names_;
};

} // namespace callboard
