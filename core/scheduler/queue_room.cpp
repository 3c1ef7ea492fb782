#include "core/scheduler/queue_room.hpp"

#include "core/base/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

waiting_sum sum_of(const job_spec& s) {
  return {1, static_cast<int64_t>(s.payload.size())};
}

/// What is replaced may be a job that an operator has brought back, which does not count.
waiting_sum sum_of(const job_entry& e) {
  return counts_as_waiting(e.state) ? waiting_sum{1, e.payload_bytes} : waiting_sum{};
}

waiting_sum in(const queue_sums& sums, uint32_t queue) {
  const auto i = sums.find(queue);
  return i == sums.end() ? waiting_sum{} : i->second;
}

/// What is over the bound afterwards, but no more than what is new: a queue that is over its bound already, by urgent
/// jobs or because the bound was lowered, grows no further, and need not shrink at once.
int64_t lack(uint64_t bound, int64_t before, int64_t grows) {
  if (bound == 0)
    return 0;
  const auto over = before + grows - static_cast<int64_t>(std::min<uint64_t>(bound, INT64_MAX));
  return std::max<int64_t>(0, std::min(over, grows));
}

error full(const job_spec& spec, const limit_rule& rule, const waiting_sum& lacks, const waiting_sum& waits,
           const std::string& why) {
  auto text = "the queue '" + spec.queue + "' has its limit of ";
  if (lacks.jobs > 0)
    text += std::to_string(rule.waiting_max) + " waiting jobs (waitingMax)";
  else
    text += std::to_string(rule.waiting_bytes_max) +
            " bytes of payloads that wait (waitingBytesMax): " + std::to_string(waits.bytes) +
            " wait, this job brings " + std::to_string(spec.payload.size());
  text += why;
  if (rule.full_accepts_from)
    text += "; jobs of priority " + std::to_string(*rule.full_accepts_from) + " and above are accepted";
  return {ec::queue_full, std::move(text), "queue"};
}

} // namespace

void add_to(queue_sums& sums, uint32_t queue, const waiting_sum& x) {
  const auto i = sums.try_emplace(queue).first;
  i->second += x;
  if (i->second == waiting_sum{})
    sums.erase(i);
}

/// As it is when all that is under way is written.
waiting_sum queue_room::waiting(uint32_t queue) const {
  return index_.table().waiting(queue) + in(under_way_, queue) + in(here_, queue);
}

std::optional<error> queue_room::take_in(const newcomer& x, std::vector<job_id>& sheds) {
  const auto own = sum_of(x.spec);
  const auto* replaced = x.replaces ? index_.find(*x.replaces) : nullptr;
  auto grows = own;
  if (replaced && replaced->queue == x.queue)
    grows += -sum_of(*replaced);
  const auto scope = limits_.find({limit_kind::queue, x.spec.queue, {}});
  if (scope && !planted(bug::full_queue_accepts) &&
      x.spec.priority < scope->rule.full_accepts_from.value_or(priority_max + 1)) {
    const auto& rule = scope->rule;
    const auto waits = waiting(x.queue);
    const waiting_sum lacks{lack(rule.waiting_max, waits.jobs, grows.jobs),
                            lack(rule.waiting_bytes_max, waits.bytes, grows.bytes)};
    const bool too_large = rule.waiting_bytes_max != 0 && x.spec.payload.size() > rule.waiting_bytes_max;
    if (too_large && lacks.bytes > 0)
      return full(x.spec, rule, {0, lacks.bytes}, waits, ", which is more than may wait at all");
    if (!(lacks == waiting_sum{})) {
      if (!rule.sheds)
        return full(x.spec, rule, lacks, waits, "");
      if (auto e = shed(x, rule, lacks, sheds))
        return e;
    }
  }
  add_to(here_, x.queue, own);
  if (replaced)
    add_to(here_, replaced->queue, -sum_of(*replaced));
  for (const auto id : sheds) {
    add_to(here_, x.queue, -sum_of(*index_.find(id)));
    shed_.insert(id);
  }
  return std::nullopt;
}

std::optional<error> queue_room::shed(const newcomer& x, const limit_rule& rule, const waiting_sum& lacks,
                                      std::vector<job_id>& sheds) const {
  std::vector<job_id> found;
  waiting_sum freed;
  size_t looked = 0;
  const auto enough = [&] { return freed.jobs >= lacks.jobs && freed.bytes >= lacks.bytes; };
  // What a restart forgets makes nothing go that it would not forget.
  const bool only_in_memory = x.spec.level == durability::memory;
  index_.shedding().walk(x.queue, x.spec.priority, only_in_memory, [&](job_id id) {
    if (shed_.count(id) == 0 && id != x.replaces.value_or(job_id{}) && !stays_(id)) {
      found.push_back(id);
      freed += sum_of(*index_.find(id));
    }
    return !enough() && found.size() < sheds_max && ++looked < looks_max;
  });
  if (enough()) {
    sheds = std::move(found);
    return std::nullopt;
  }
  const auto why =
    found.size() == sheds_max ? "; to make room more than " + std::to_string(sheds_max) + " jobs would have to be shed"
    : found.empty()           ? "; none that waits may be shed for a job of priority " + std::to_string(x.spec.priority)
                              : "; the " + std::to_string(found.size()) + " that may be shed for a job of priority " +
                        std::to_string(x.spec.priority) + " do not make enough room";
  return full(x.spec, rule, lacks, waiting(x.queue), why);
}

} // namespace callboard
