#include "core/scheduler/class_table.hpp"

#include "core/placement/limit_rule.hpp"

#include <utility>

namespace callboard {

result<job_class> class_table::acquire(std::string_view queue, std::string_view type, std::string_view key,
                                       const resource_request& r, bool preempts) {
  const auto q = queues_.acquire(queue);
  if (!q)
    return error{ec::out_of_range, "there are too many different queues", "queue"};
  job_class c{q->number, 0, 0};
  const auto t = acquire_type(type);
  if (!t) {
    queues_.release(q->number);
    return error{ec::out_of_range, "there are too many different job types", "jobType"};
  }
  const auto shape = shapes_.acquire({static_cast<uint16_t>(*t), r, preempts ? q->number + 1 : 0});
  if (!shape) {
    types_.release(*t);
    queues_.release(q->number);
    return error{ec::queue_full, "the waiting jobs ask for too many different combinations of resources", "resources"};
  }
  c.shape = *shape;
  if (last_processed_.size() <= q->number)
    last_processed_.resize(q->number + size_t{1});
  if (q->fresh) {
    last_processed_[q->number] = {};
    new_names_.queues.push_back(q->number);
  }
  if (!key.empty() && !acquire_lane(queue, key, c)) {
    release(c);
    return error{ec::out_of_range, "there are too many different concurrency keys", "concurrencyKey"};
  }
  return c;
}

bool class_table::acquire_lane(std::string_view queue, std::string_view key, job_class& c) {
  const auto lane = lanes_.acquire(key_name(queue, key));
  if (!lane)
    return false;
  c.lane = lane->number + 1;
  if (lane_queues_.size() <= c.lane)
    lane_queues_.resize(c.lane + size_t{1});
  // The queue may have got another number since.
  if (lane->fresh || std::exchange(lane_queues_[c.lane], c.queue) != c.queue) {
    lane_queues_[c.lane] = c.queue;
    new_names_.lanes.push_back(c.lane);
  }
  return true;
}

std::string_view class_table::key_of(uint32_t lane) const {
  if (lane == 0)
    return {};
  const auto name = lanes_.name(lane - 1);
  return name.substr(name.find('\0') + 1);
}

std::optional<uint32_t> class_table::find_lane(std::string_view queue, std::string_view key) const {
  const auto number = lanes_.find(key_name(queue, key));
  return number ? std::optional{*number + 1} : std::nullopt;
}

std::optional<uint32_t> class_table::acquire_type(std::string_view name) {
  const auto t = types_.acquire(name);
  if (!t)
    return std::nullopt;
  if (t->fresh)
    new_names_.types.push_back(t->number);
  return t->number;
}

void class_table::release(const job_class& c) {
  types_.release(shapes_.at(c.shape).type);
  shapes_.release(c.shape);
  queues_.release(c.queue);
  if (c.lane != 0)
    lanes_.release(c.lane - 1);
}

time_point class_table::last_processed(uint32_t queue) const {
  return queue < last_processed_.size() ? last_processed_[queue] : time_point{};
}

class_table::new_names class_table::take_new_names() {
  return std::exchange(new_names_, {});
}

void class_table::sanity_check() const {
  queues_.sanity_check();
  types_.sanity_check();
  lanes_.sanity_check();
  shapes_.sanity_check();
}

} // namespace callboard
