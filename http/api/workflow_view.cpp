#include "http/api/workflow_view.hpp"

#include "http/json/job_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace callboard {

namespace {

constexpr std::array<std::string_view, 6> state_names{"waiting", "running",   "completed",
                                                      "failed",  "cancelled", "paused"};

bool has_code(const workflow_job& j, std::string_view code) {
  return j.error && j.error->code == code;
}

/// It failed, or was cancelled because one before it had.
bool is_failed(const workflow_job& j) {
  return j.state == job_state::failed ||
         (j.state == job_state::cancelled && has_code(j, job_error_code::upstream_failed));
}

void write_dependencies(json_writer& w, const workflow_view& v, const workflow_job& j) {
  w.key("dependencies").open('[');
  for (const auto& d : awaited_by(j)) {
    const auto place = v.place_of(d.job);
    const auto name = place ? v.jobs()[*place].key : to_string(d.job);
    if (d.on == dependency_condition::success)
      w.text(name);
    else
      w.open('{').key("id").text(name).key("on").text(to_string(d.on)).close('}');
  }
  w.close(']');
  if (j.rule != dependency_rule::all)
    w.key("dependencyRule").text(to_string(j.rule));
}

void write_job_of(json_writer& w, const workflow_view& v, const workflow_job& j, bool with_result,
                  const redaction_book& hidden) {
  w.any_key(j.key).open('{').key("id").text(to_string(j.id)).key("type").text(j.type);
  w.key("status").text(to_string(j.state));
  if (j.held)
    w.key("held").boolean(true);
  write_dependencies(w, v, j);
  if (j.started_at)
    w.key("startedAt").time(*j.started_at);
  if (j.finished_at)
    w.key("completedAt").time(*j.finished_at);
  if (j.error)
    write_job_error(w, *j.error);
  if (with_result && !j.result.empty())
    write_result(w.key("result"), j.type, j.result, hidden);
  w.close('}');
}

/// The results of the jobs that nobody waits for, but for those who want to hear of a failure.
void write_results(json_writer& w, const workflow_view& v, const redaction_book& hidden) {
  std::vector<bool> waited_for(v.jobs().size());
  for (const auto& e : v.edges())
    waited_for[e.from] = waited_for[e.from] || e.on != dependency_condition::failure;
  w.key("result").open('{');
  for (size_t i = 0; i < v.jobs().size(); ++i) {
    const auto& j = v.jobs()[i];
    if (waited_for[i] || j.state != job_state::completed)
      continue;
    write_result(w.any_key(j.key), j.type, j.result, hidden);
  }
  w.close('}');
}

} // namespace

bool is_skipped(const workflow_job& j) {
  return j.state == job_state::cancelled && has_code(j, job_error_code::skipped);
}

std::optional<duration> run_time(const workflow_job& j, std::optional<time_point> now) {
  if (!j.begun || !j.started_at)
    return std::nullopt;
  const auto end = j.finished_at ? j.finished_at : j.state == job_state::running ? now : std::nullopt;
  if (!end)
    return std::nullopt;
  return std::max(duration{0}, std::chrono::duration_cast<duration>(*end - *j.started_at));
}

std::string_view to_string(workflow_state s) {
  return state_names[static_cast<size_t>(s)];
}

std::optional<workflow_state> parse_workflow_state(std::string_view text) {
  const auto* found = std::find(state_names.begin(), state_names.end(), text);
  if (found == state_names.end())
    return std::nullopt;
  return static_cast<workflow_state>(found - state_names.begin());
}

bool is_element(const workflow_job& j) {
  return j.for_each && j.for_each->stage == fan_out_stage::element;
}

std::vector<dependency> awaited_by(const workflow_job& j) {
  auto all = j.dependencies;
  if (is_element(j))
    all.insert(all.end(), j.for_each->before.begin(), j.for_each->before.end());
  return all;
}

void workflow_view::add(const job_record& job, bool with_result) {
  if (!job.spec.workflow)
    return;
  const auto& part = *job.spec.workflow;
  id_ = part.id;
  name_ = part.name;
  created_at_ = job.created_at; // the first of all is the last to come
  const auto [place, latest] = places_.emplace(part.key, jobs_.size());
  ids_.emplace(job.id, place->second);
  if (!latest)
    return;
  workflow_job j;
  j.key = part.key;
  j.type = job.spec.type;
  j.id = job.id;
  j.state = job.state;
  j.begun = job.attempt > 0;
  j.held = is_held(job.spec) && !is_terminal(job.state);
  j.started_at = job.started_at;
  j.finished_at = job.finished_at;
  j.error = job.error;
  j.dependencies = job.spec.dependencies;
  j.rule = job.spec.rule;
  j.for_each = job.spec.for_each;
  if (with_result) {
    j.result = job.result;
    result_bytes_ += j.result.size();
  }
  jobs_.push_back(std::move(j));
}

void workflow_view::complete() {
  // The oldest first: that is near the order wanted, and keeps jobs beside each other as they were submitted.
  const auto n = jobs_.size();
  std::reverse(jobs_.begin(), jobs_.end());
  for (auto& [id, place] : ids_)
    place = n - 1 - place;
  const auto find_edges = [this] {
    edges_.clear();
    for (size_t to = 0; to < jobs_.size(); ++to)
      for (const auto& d : awaited_by(jobs_[to]))
        if (const auto from = place_of(d.job))
          edges_.push_back({*from, to, d.on});
  };
  find_edges();
  const auto order = topological_order(n, edges_);
  if (order.size() != n)
    return; // no submit makes a circle
  std::vector<size_t> now_at(n);
  std::vector<workflow_job> sorted;
  sorted.reserve(n);
  for (const auto i : order) {
    now_at[i] = sorted.size();
    sorted.push_back(std::move(jobs_[i]));
  }
  jobs_ = std::move(sorted);
  for (auto& [id, place] : ids_)
    place = now_at[place];
  places_.clear();
  find_edges();
}

std::optional<size_t> workflow_view::place_of(job_id id) const {
  const auto found = ids_.find(id);
  return found == ids_.end() ? std::nullopt : std::optional{found->second};
}

workflow_progress workflow_view::progress() const {
  workflow_progress p;
  for (const auto& j : jobs_)
    ++(j.state == job_state::completed   ? p.completed
       : j.state == job_state::failed    ? p.failed
       : is_skipped(j)                   ? p.skipped
       : j.state == job_state::cancelled ? p.cancelled
       : j.state == job_state::running   ? p.running
                                         : p.waiting);
  return p;
}

workflow_state workflow_view::state() const {
  const auto any = [this](auto&& is) { return std::any_of(jobs_.begin(), jobs_.end(), is); };
  if (paused())
    return workflow_state::paused;
  if (any([](const workflow_job& j) { return !is_terminal(j.state); }))
    return any([](const workflow_job& j) { return j.begun || j.state == job_state::running || is_terminal(j.state); })
             ? workflow_state::running
             : workflow_state::waiting;
  if (any(is_failed))
    return workflow_state::failed;
  if (any([](const workflow_job& j) { return j.state == job_state::cancelled && !is_skipped(j); }))
    return workflow_state::cancelled;
  return workflow_state::completed;
}

bool workflow_view::paused() const {
  const auto may_begin = [](const workflow_job& j) {
    return !is_terminal(j.state) && j.state != job_state::running && !j.held;
  };
  return std::any_of(jobs_.begin(), jobs_.end(), [](const auto& j) { return j.held; }) &&
         std::none_of(jobs_.begin(), jobs_.end(), may_begin);
}

std::optional<time_point> workflow_view::completed_at() const {
  std::optional<time_point> last;
  for (const auto& j : jobs_) {
    if (!is_terminal(j.state))
      return std::nullopt;
    last = std::max(last, j.finished_at);
  }
  return last;
}

void write_workflow_head(json_writer& w, const workflow_view& v) {
  w.key("id").text(v.id()).key("name").text(v.name()).key("createdAt").time(v.created_at());
  if (const auto at = v.completed_at())
    w.key("completedAt").time(*at);
  if (v.paused())
    w.key("paused").boolean(true);
  const auto p = v.progress();
  w.key("state").text(to_string(v.state())).key("progress").open('{');
  w.key("total").number(v.jobs().size()).key("completed").number(p.completed).key("skipped").number(p.skipped);
  w.key("failed").number(p.failed).key("cancelled").number(p.cancelled).key("running").number(p.running);
  w.key("waiting").number(p.waiting).close('}');
}

void write_workflow(json_writer& w, const workflow_view& v, bool each_result, const redaction_book& hidden) {
  write_workflow_head(w, v);
  w.key("jobs").open('{');
  for (const auto& j : v.jobs())
    write_job_of(w, v, j, each_result, hidden);
  w.close('}');
  if (v.state() == workflow_state::completed && !v.results_left_out())
    write_results(w, v, hidden);
  if (v.results_left_out())
    w.key("resultsLeftOut").boolean(true);
}

} // namespace callboard
