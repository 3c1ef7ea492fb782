#include "simulate/check_expectations.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace callboard::simulate {

namespace {

/// When its first attempt started, as a number in the order of all starts.
std::optional<uint64_t> first_start(const submitted_job& job, const chronicle& story) {
  const auto* s = story.find(job.id);
  return s && !s->runs.empty() ? std::optional{s->runs.front().number} : std::nullopt;
}

std::string joined_names(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

class checker {
public:
  checker(const expectation_set& x, const run_view& run, duration now)
    : x_(x), run_(run), story_(run.story), names_(run.names), unmet_(now, x.tolerance) {
  }

  std::vector<unmet_expectation> check() {
    for (const auto& j : x_.jobs)
      check_jobs(j);
    for (const auto& s : x_.schedules)
      check_schedule(s, run_, unmet_);
    for (const auto& l : x_.limits)
      check_limit(l, run_, unmet_);
    for (const auto& o : x_.orders)
      check_order(o);
    for (const auto& t : x_.together)
      check_together(t);
    const auto counts = count_standings(story_, names_);
    for (const auto& [state, n] : x_.counts) {
      const auto i = counts.find(state);
      unmet_.compare(x_.path + ".counts." + state, n, i == counts.end() ? 0 : i->second);
    }
    return unmet_.take();
  }

private:
  void check_jobs(const job_expectation& e) {
    const auto meant = names_.meant_by(e.job);
    unmet_.compare(e.path + ".count", e.count, meant.size());
    if (meant.empty() && !e.count)
      unmet_.add(e.path, "a job", "the schedule has submitted no such job");
    for (const auto* job : meant)
      check_job(e, *job);
  }

  void check_job(const job_expectation& e, const submitted_job& job) {
    const auto path = e.path + (job.name == e.job ? "" : " (" + job.name + ")");
    static const job_story unknown;
    const auto* found = story_.find(job.id);
    const auto& story = found ? *found : unknown;
    const auto& rec = story.now;
    const bool refused = job.is == submitted_job::fate::refused;
    unmet_.compare(path + ".state", e.state, standing_of(job, story_));
    unmet_.compare(path + ".error", e.error, refused ? job.code : rec.error ? rec.error->code : "");
    const auto message = refused ? job.message : rec.error ? names_.with_names(rec.error->message) : "";
    unmet_.compare_part(path + ".message", e.message, message);
    unmet_.compare(path + ".attempts", e.attempts, story.runs.size());
    unmet_.compare(path + ".retryCount", e.retry_count, rec.retry_count);
    unmet_.compare(path + ".losses", e.losses, rec.loss_count);
    unmet_.compare(path + ".priority", e.priority, rec.spec.priority);
    unmet_.compare(path + ".worker", e.worker, story.runs.empty() ? "" : story.runs.back().worker);
    const auto last_start = story.runs.empty() ? std::nullopt : std::optional{story.runs.back().started};
    unmet_.compare(path + ".startedAt", e.started_at, last_start);
    unmet_.compare(path + ".finishedAt", e.finished_at, story.finished);
    check_runs(path, e, story);
    check_json(path + ".payload", e.payload, rec.spec.payload);
    check_json(path + ".result", e.result, rec.result);
    check_json(path + ".checkpoint", e.checkpoint, rec.checkpoint);
    check_reasons(path, e, job);
    if (e.cached_from)
      unmet_.compare(path + ".cachedFrom", e.cached_from,
                     rec.cached_from ? names_.with_names(to_string(*rec.cached_from)) : "");
    if (e.same_as) {
      const auto other = names_.meant_by(*e.same_as);
      if (!job.id || other.empty() || other.front()->id != job.id)
        unmet_.add(path + ".sameAs", *e.same_as, job.id ? "a job of its own" : "not accepted");
    }
  }

  void check_runs(const std::string& path, const job_expectation& e, const job_story& story) {
    std::vector<run_stamp> starts;
    std::vector<std::string> workers;
    for (const auto& r : story.runs) {
      starts.push_back(r.started);
      workers.push_back(r.worker);
    }
    unmet_.compare(path + ".starts", e.starts, starts);
    if (e.workers)
      unmet_.compare(path + ".workers", std::optional{joined_names(*e.workers)}, joined_names(workers));
  }

  void check_reasons(const std::string& path, const job_expectation& e, const submitted_job& job) {
    if (!e.reasons)
      return;
    const auto was = run_.host.reasons(job.id);
    for (const auto& code : *e.reasons)
      if (std::find(was.begin(), was.end(), code) == was.end())
        unmet_.add(path + ".reasons", code, was.empty() ? "none" : joined_names(was));
  }

  void check_json(const std::string& path, const std::optional<nlohmann::json>& expected, const blob& text) {
    if (!expected)
      return;
    const auto was = text.empty() ? nlohmann::json{} : nlohmann::json::parse(text.view(), nullptr, false);
    if (was != *expected)
      unmet_.add(path, expected->dump(), was.dump());
  }

  /// All jobs of one name start before all of the next one.
  void check_order(const order_expectation& o) {
    std::optional<std::pair<uint64_t, std::string>> before;
    for (const auto& name : o.jobs) {
      auto last = before;
      const auto meant = names_.meant_by(name);
      if (meant.empty())
        return unmet_.add(o.path, name + " starts", "the schedule has submitted no such job");
      for (const auto* job : meant) {
        const auto start = first_start(*job, story_);
        if (!start)
          return unmet_.add(o.path, job->name + " starts", "it has not started");
        if (before && *start < before->first)
          return unmet_.add(o.path, before->second + " starts before " + job->name, job->name + " started first");
        if (!last || *start > last->first)
          last = {*start, job->name};
      }
      before = last;
    }
  }

  void check_together(const together_expectation& t) {
    std::set<job_id> of;
    for (const auto& name : t.jobs)
      for (const auto* job : names_.meant_by(name))
        of.insert(job->id);
    std::vector<std::pair<duration, int>> changes; // at one moment ends come before starts
    for (const auto& [id, story] : story_.jobs()) {
      if (!t.jobs.empty() && of.count(id) == 0)
        continue;
      for (const auto& r : story.runs) {
        changes.emplace_back(r.started.elapsed, 1);
        if (r.ended)
          changes.emplace_back(*r.ended, -1);
      }
    }
    std::sort(changes.begin(), changes.end());
    int64_t running = 0, most = 0;
    for (const auto& [at, by] : changes)
      most = std::max(most, running += by);
    const auto peak = static_cast<uint64_t>(most);
    if (t.at_most && peak > *t.at_most)
      unmet_.add(t.path + ".atMost", std::to_string(*t.at_most), std::to_string(peak));
    if (t.at_least && peak < *t.at_least)
      unmet_.add(t.path + ".atLeast", std::to_string(*t.at_least), std::to_string(peak));
  }

  const expectation_set& x_;
  const run_view& run_;
  const chronicle& story_;
  const job_names& names_;
  unmet_list unmet_;
};

} // namespace

std::string standing_of(const submitted_job& job, const chronicle& story) {
  switch (job.is) {
  case submitted_job::fate::ahead:
    return "ahead";
  case submitted_job::fate::asked:
    return "asked";
  case submitted_job::fate::refused:
    return "refused";
  case submitted_job::fate::accepted:
    break;
  }
  const auto* s = story.find(job.id);
  return !s || s->gone ? "gone" : std::string{to_string(s->now.state)};
}

std::map<std::string, uint64_t> count_standings(const chronicle& story, const job_names& names) {
  std::map<std::string, uint64_t> out;
  std::set<job_id> seen;
  for (const auto* job : names.all())
    if (job->is != submitted_job::fate::accepted || seen.insert(job->id).second)
      ++out[standing_of(*job, story)];
  return out;
}

std::vector<unmet_expectation> check_expectations(const expectation_set& x, const run_view& run, duration now) {
  return checker{x, run, now}.check();
}

} // namespace callboard::simulate
