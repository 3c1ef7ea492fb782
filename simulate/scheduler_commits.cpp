#include "storage/read_jobs.hpp"
#include "storage/schedule_codec.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "simulate/scheduler_host.hpp"

// What the store's actors do: commits of groups, one after the other, and reads.

namespace callboard::simulate {

void scheduler_host::load_jobs(std::vector<job_id> ids) {
  later(duration{0}, [this, ids = std::move(ids)] {
    auto found = read_jobs(around_.store.db(), {ids, true, {}});
    core_->on_loaded(ids, found, around_.time.now());
    turn();
  });
}

void scheduler_host::read_store(uint64_t request, read_request r) {
  later(duration{0}, [this, request, r = std::move(r)] {
    core_->on_read(request, read_jobs(around_.store.db(), r), around_.time.now());
    turn();
  });
}

/// What a payload holds is of no interest: no job of a scenario reads its own.
result<std::string> scheduler_host::fill_in(const std::string& payload, const std::vector<job_record>&) {
  return payload;
}

result<std::vector<std::string>> scheduler_host::expand(const fan_out& f, const std::string& payload,
                                                        const std::vector<job_record>& jobs) {
  const auto source = std::find_if(jobs.begin(), jobs.end(), [&](const auto& j) {
    return j.spec.workflow && j.spec.workflow->key == f.over && !j.result.empty();
  });
  if (source == jobs.end())
    return error{ec::not_found, "the job '" + f.over + "' has no result"};
  auto at = nlohmann::json::parse(source->result.view(), nullptr, false);
  for (const auto& name : f.path)
    at = at.is_object() && at.contains(name) ? nlohmann::json(at[name]) : nlohmann::json();
  if (!at.is_array())
    return error{ec::not_found, "the result of the job '" + f.over + "' has no array there"};
  if (at.size() > f.max)
    return error{ec::out_of_range,
                 "the array has " + std::to_string(at.size()) + " elements; allowed are " + std::to_string(f.max)};
  return std::vector<std::string>(at.size(), payload);
}

std::string scheduler_host::record_of(const schedule_definition& d) {
  return encode_schedule(d);
}

void scheduler_host::commit(commit_part part) {
  parts_.push_back(std::move(part));
  begin_commit_soon();
}

void scheduler_host::begin_commit_soon() {
  if (!std::exchange(committing_, true))
    later(duration{0}, [this] { begin_commit(); });
}

/// All that waits goes into one write.
void scheduler_host::begin_commit() {
  auto made = std::make_shared<group_commit::made>(group_.make(around_.store.db(), std::exchange(parts_, {}), boot_));
  later(made->batch.sync ? commit_takes_ : duration{0}, [this, made] { end_commit(*made); });
}

void scheduler_host::end_commit(group_commit::made& x) {
  auto& report = x.report;
  report.took = x.batch.sync ? commit_takes_ : duration{0};
  if (auto ok = around_.store.append(x.batch); !ok) {
    group_.failed();
    report.failed = std::move(ok).err();
  }
  tell_written(report);
  post(std::move(report));
  committing_ = false;
  if (!parts_.empty())
    begin_commit_soon();
}

/// What was only the jobs' own opinion is true now, or never was.
void scheduler_host::tell_written(const commit_report& report) {
  for (const auto& n : report.notes) {
    const auto written = unwritten_.extract({n.job, n.token});
    if (!written)
      continue;
    const auto& rec = written.mapped();
    if (!report.failed && !n.refused) {
      around_.story.job_is(rec, std::string{to_string(rec.state)}, rec.history.back().reason);
      around_.written(rec);
    } else if (report.failed) {
      const bool named = !rec.spec.origin || around_.story.find(n.job);
      around_.story.add("not written", named ? to_string(n.job) : "a job of " + rec.spec.origin->name,
                        report.failed->message);
    }
  }
}

void scheduler_host::store_was_mended() {
  if (up() && group_.unwritten_facts() > 0)
    begin_commit_soon();
}

} // namespace callboard::simulate
