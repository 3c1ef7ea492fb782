#include "storage/filter.hpp"

#include "core/base/ids.hpp"

#include <algorithm>
#include <limits>

namespace callboard {

bool wants_state(const job_filter& f, job_state s) {
  return f.states.empty() || std::find(f.states.begin(), f.states.end(), s) != f.states.end();
}

id_range range_of(const job_filter& f, std::optional<job_id> below) {
  id_range r{f.down_to, below.value_or(job_id{std::numeric_limits<uint64_t>::max()})};
  if (f.from)
    r.first = std::max(r.first, first_id_at(*f.from));
  // An id knows milliseconds only: a job of the same millisecond as `to` may still lie before it.
  constexpr auto step = std::chrono::milliseconds{1};
  if (f.to && *f.to < time_point::max() - step)
    r.end = std::min(r.end, first_id_at(*f.to + step));
  return r;
}

result<std::optional<job_record>> decode_if_match(const job_filter& f, std::string_view record) {
  const auto index = decode_index(record);
  if (!index)
    return index.err();
  const bool passes = wants_state(f, index->state) && (f.type.empty() || f.type == index->type) &&
                      (f.queue.empty() || f.queue == index->queue) && (!f.priority || *f.priority == index->priority) &&
                      (!f.from || index->created_at >= *f.from) && (!f.to || index->created_at < *f.to);
  if (!passes)
    return std::optional<job_record>{};
  auto rec = decode_record(record);
  if (!rec)
    return rec.err();
  const auto& tags = rec->spec.tags;
  if (!f.tag.empty() && std::find(tags.begin(), tags.end(), f.tag) == tags.end())
    return std::optional<job_record>{};
  const auto& part = rec->spec.workflow;
  if ((!f.workflow.empty() && (!part || part->id != f.workflow)) || (f.first_of_workflow && !(part && part->first)))
    return std::optional<job_record>{};
  rec->result = blob{};
  return std::optional{std::move(*rec)};
}

error later_writer(uint64_t epoch, uint64_t writer_epoch) {
  return {ec::wrong_version, "the store has a later writer (epoch " + std::to_string(epoch) + "), this one has " +
                               std::to_string(writer_epoch)};
}

time_point purge_before(const retention& r, time_point now) {
  // An age without end must not wrap around into the future.
  return r.age_max >= now.time_since_epoch() ? time_point{} : now - r.age_max;
}

} // namespace callboard
