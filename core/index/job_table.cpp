#include "core/index/job_table.hpp"

namespace callboard {

bool job_table::insert(const job_entry& entry) {
  CB_INVARIANT(static_cast<bool>(entry.id), "an entry has an id");
  if (!entries_.insert(entry))
    return false;
  count(entry, true);
  return true;
}

bool job_table::erase(job_id id) {
  const job_entry* entry = entries_.find(id);
  if (!entry)
    return false;
  count(*entry, false);
  entries_.erase(id);
  return true;
}

const job_table::state_counts& job_table::by_state(uint32_t queue) const {
  static constexpr state_counts none{};
  return queue < by_queue_.size() ? by_queue_[queue] : none;
}

void job_table::count(const job_entry& entry, bool more) {
  const auto state = static_cast<size_t>(entry.state);
  CB_INVARIANT(state < job_state_count, "an entry has one of the states");
  if (by_queue_.size() <= entry.queue)
    by_queue_.resize(entry.queue + size_t{1});
  uint64_t& in_queue = by_queue_[entry.queue][state];
  uint64_t& in_all = by_state_[state];
  CB_INVARIANT(more || (in_queue > 0 && in_all > 0), "what is taken away was counted");
  in_queue = more ? in_queue + 1 : in_queue - 1;
  in_all = more ? in_all + 1 : in_all - 1;
}

void job_table::sanity_check() const {
  entries_.sanity_check();
  state_counts states{};
  std::vector<state_counts> queues(by_queue_.size());
  for (const auto& entry : entries_) {
    const auto state = static_cast<size_t>(entry.state);
    CB_INVARIANT(state < job_state_count && entry.queue < queues.size(), "an entry was counted");
    ++states[state];
    ++queues[entry.queue][state];
  }
  CB_INVARIANT(states == by_state_, "the counts by state are those of the entries");
  CB_INVARIANT(queues == by_queue_, "the counts by queue and state are those of the entries");
}

} // namespace callboard
