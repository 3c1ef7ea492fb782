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

waiting_sum job_table::waiting(uint32_t queue) const {
  const auto& states = by_state(queue);
  const auto jobs = states[static_cast<size_t>(job_state::queued)] + states[static_cast<size_t>(job_state::scheduled)];
  const auto bytes = queue < waiting_bytes_.size() ? waiting_bytes_[queue] : 0;
  return {static_cast<int64_t>(jobs), static_cast<int64_t>(bytes)};
}

void job_table::count(const job_entry& entry, bool more) {
  const auto state = static_cast<size_t>(entry.state);
  CB_INVARIANT(state < job_state_count, "an entry has one of the states");
  if (by_queue_.size() <= entry.queue) {
    by_queue_.resize(entry.queue + size_t{1});
    waiting_bytes_.resize(entry.queue + size_t{1});
  }
  uint64_t& in_queue = by_queue_[entry.queue][state];
  uint64_t& in_all = by_state_[state];
  CB_INVARIANT(more || (in_queue > 0 && in_all > 0), "what is taken away was counted");
  in_queue = more ? in_queue + 1 : in_queue - 1;
  in_all = more ? in_all + 1 : in_all - 1;
  if (counts_as_waiting(entry.state))
    waiting_bytes_[entry.queue] += more ? entry.payload_bytes : ~uint64_t{entry.payload_bytes} + 1;
}

void job_table::sanity_check() const {
  entries_.sanity_check();
  state_counts states{};
  std::vector<state_counts> queues(by_queue_.size());
  std::vector<uint64_t> bytes(waiting_bytes_.size());
  for (const auto& entry : entries_) {
    const auto state = static_cast<size_t>(entry.state);
    CB_INVARIANT(state < job_state_count && entry.queue < queues.size(), "an entry was counted");
    ++states[state];
    ++queues[entry.queue][state];
    bytes[entry.queue] += counts_as_waiting(entry.state) ? entry.payload_bytes : 0;
  }
  CB_INVARIANT(states == by_state_, "the counts by state are those of the entries");
  CB_INVARIANT(queues == by_queue_, "the counts by queue and state are those of the entries");
  CB_INVARIANT(bytes == waiting_bytes_, "the bytes that wait are those of the entries");
}

} // namespace callboard
