#include "storage/read_jobs.hpp"

#include "core/job/unique_lane.hpp"
#include "storage/digest.hpp"
#include "storage/record_codec.hpp"

namespace callboard {

namespace {

std::shared_ptr<const job_hold> hold_of(boxed<job_hold> x) {
  return x && x->held ? std::make_shared<const job_hold>(std::move(*x)) : nullptr;
}

} // namespace

read_answer read_jobs(const store& db, const read_request& r) {
  read_answer out;
  auto ids = r.jobs;
  if (r.cache) {
    auto digest = sha256_hex(cache_text(*r.cache));
    if (!digest) {
      out.failed = std::move(digest).err();
      return out;
    }
    out.cache_key = cache_key_name(*digest);
    auto found = db.find_key(out.cache_key);
    if (!found) {
      out.failed = std::move(found).err();
      return out;
    }
    if (*found)
      ids.push_back(**found);
  }
  for (const auto& key : r.keys) {
    auto found = db.find_key(key);
    if (!found) {
      out.failed = std::move(found).err();
      return out;
    }
    if (*found) {
      out.keys.emplace_back(key, **found);
      ids.push_back(**found);
    }
  }
  auto jobs = db.load(ids, r.with_payload);
  if (!jobs)
    out.failed = std::move(jobs).err();
  else
    out.jobs = std::move(*jobs);
  return out;
}

std::vector<prerequisite_end> read_ends(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::vector<prerequisite_end> out;
  for (const auto& [key, text] : facts)
    if (const auto e = parse_end(std::string_view{key}.substr(ended_job_prefix.size()), text))
      out.push_back(*e);
  return out;
}

result<bool> read_live(const store& db, job_id from, size_t max, std::vector<recovered_job>& out) {
  bool more = false;
  std::optional<error> failed;
  const auto until = out.size() + max;
  auto end = db.for_each_live(from, [&](job_id id, std::string_view bytes) {
    if (out.size() == until) {
      more = true;
      return false;
    }
    auto fields = decode_index(bytes);
    if (!fields) {
      failed = std::move(fields).err();
      failed->message = to_string(id) + ": " + failed->message;
      return false;
    }
    out.push_back({fields->id, fields->state, fields->priority, fields->level, fields->attempt, fields->schedule_at,
                   fields->deadline, fields->retry_at, std::string{fields->type}, std::string{fields->queue},
                   lane_key_of(fields->concurrency_key, fields->unique), std::move(fields->resources),
                   std::move(fields->waits_for), goes_on_late(fields->on_miss), fields->preempts,
                   hold_of(std::move(fields->hold)), fields->payload_bytes,
                   fields->payload_bytes != 0 && !fields->of_workflow});
    return true;
  });
  if (failed)
    return std::move(*failed);
  if (!end)
    return std::move(end).err();
  return more;
}

} // namespace callboard
