#include "http/api/workflow.hpp"

#include "http/api/for_each_reader.hpp"
#include "http/api/job_reader.hpp"
#include "http/api/redacted_values.hpp"
#include "http/api/workflow_dependencies.hpp"
#include "http/api/workflow_graph.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_tree.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

namespace callboard {

namespace {

/// The path of a job, for errors.
std::string at_job(std::string_view key) {
  return "jobs." + std::string{key.substr(0, http_limits::shown_bytes_max)};
}

/// Keys are apart from ids, so that an entry of `dependencies` is one or the other by its looks.
std::optional<error> check_key(const std::string& key) {
  static constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
  if (key.empty() || key.size() > http_limits::workflow_key_bytes_max ||
      key.find_first_not_of(allowed) != std::string::npos)
    return error{ec::invalid_value,
                 "the key of a job must have 1 to " + std::to_string(http_limits::workflow_key_bytes_max) +
                   " letters, digits, dots, dashes and underscores, not be " + shown(std::string_view{key}),
                 at_job(key)};
  if (key.starts_with(job_id_prefix) || parse_job_id(key))
    return error{ec::invalid_value,
                 "the key of a job must not begin with \"job_\", as the ids of jobs do, not be " +
                   shown(std::string_view{key}),
                 at_job(key)};
  return std::nullopt;
}

/// What the workflow makes of a job that is right by itself. Field paths start at the job.
std::optional<error> check_job(const job_spec& s) {
  if (!s.idempotency_key.empty())
    return error{ec::invalid_value,
                 "idempotencyKey is not for a job of a workflow; allowed is the idempotencyKey of the workflow",
                 "idempotencyKey"};
  if (s.unique && s.unique->conflict == on_unique_conflict::existing)
    return error{ec::invalid_value,
                 "unique.onConflict must be reject, replace or a debounce, not existing: a job outside of the workflow "
                 "cannot take "
                 "the place of one of its jobs",
                 "unique.onConflict"};
  return std::nullopt;
}

class workflow_reader final : public json_events {
public:
  /// @param all_known  false: some fields are not, so jobs are looked at field by field.
  workflow_reader(const api& a, std::string_view text, time_point now, bool all_known = true)
    : api_(a), reader_(a, text, now, job_place::alone), all_known_(all_known) {
  }

  bool scalar(const json_scalar& v, const char* at) override {
    switch (place_) {
    case place::job:
      if (inside_ == nullptr) {
        reader_.scalar(v, at);
        return true;
      }
      inside_->tree.scalar(v);
      leave();
      return true;
    case place::jobs:
      return refuse({ec::invalid_value, at_job(key_) + " must be an object, a job, not " + shown(v), at_job(key_)});
    case place::top:
      return set(v);
    case place::start:
      break;
    }
    return refuse({ec::invalid_value, "a workflow must be an object with name and jobs, not " + shown(v)});
  }

  bool open(bool array, const char* at) override {
    const std::string came = array ? "an array" : "an object";
    switch (place_) {
    case place::start:
      place_ = place::top;
      return !array || refuse({ec::invalid_value, "a workflow must be an object with name and jobs, not an array"});
    case place::top:
      if (field_ != "jobs")
        return refuse({ec::invalid_value, field_ + " must be a string, not " + came, field_});
      place_ = place::jobs;
      return !array || refuse({ec::invalid_value, "jobs must be an object of jobs by key, not an array", "jobs"});
    case place::jobs:
      place_ = place::job;
      depth_ = 1;
      reader_.start();
      for (auto* f : {&dependencies_, &for_each_}) {
        f->given = false;
        f->tree.clear();
      }
      return !array ||
             refuse({ec::invalid_value, at_job(key_) + " must be an object, a job, not an array", at_job(key_)});
    case place::job:
      ++depth_;
      if (inside_ != nullptr)
        inside_->tree.open(array);
      else
        reader_.open(array, at);
      return true;
    }
    return false;
  }

  bool close(const char* at) override {
    if (place_ != place::job) {
      place_ = place::top;
      return true;
    }
    --depth_;
    if (inside_ != nullptr) {
      inside_->tree.close();
      leave();
      return true;
    }
    if (!reader_.close(at))
      return true;
    place_ = place::jobs;
    return add();
  }

  bool key(std::string& text, const char* at) override {
    switch (place_) {
    case place::job:
      if (inside_ != nullptr) {
        if (inside_->tree.has(text))
          return refuse({ec::invalid_value, text.substr(0, http_limits::shown_bytes_max) + " is given twice",
                         at_job(key_) + "." + inside_->name});
        inside_->tree.key(text);
      } else if (auto* f = depth_ == 1 ? own_field(text) : nullptr) {
        if (std::exchange(f->given, true))
          return refuse({ec::invalid_value, text + " is given twice", at_job(key_) + "." + text});
        inside_ = f;
      } else {
        reader_.key(text, at);
      }
      return true;
    case place::jobs:
      key_ = text;
      if (auto e = check_key(key_))
        return refuse(std::move(*e));
      if (!keys_.emplace(key_, jobs.size()).second)
        return refuse({ec::invalid_value, at_job(key_) + " is given twice", at_job(key_)});
      return true;
    default:
      if (text != "name" && text != "jobs" && text != "idempotencyKey")
        return refuse({ec::unknown_field,
                       "unknown field " + shown(std::string_view{text}) + "; known here are name, jobs, idempotencyKey",
                       text.substr(0, http_limits::shown_bytes_max)});
      if (!seen_.insert(text).second)
        return refuse({ec::invalid_value, text + " is given twice", text});
      field_ = text;
      return true;
    }
  }

  /// Where the job with that key is in `jobs`; null: there is none.
  const size_t* find(const std::string& key) const {
    const auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : &found->second;
  }
  bool has(const char* field) const {
    return seen_.count(field) != 0;
  }

  std::vector<workflow_job_wish> jobs;
  std::string name, idempotency_key;
  std::optional<error> err;

private:
  enum class place : uint8_t { start, top, jobs, job };

  /// A field of a job that only jobs of a workflow have, or have in this form: the reader of jobs does not see it.
  struct own {
    const char* name;
    json_tree tree{};
    bool given = false;
  };

  bool refuse(error e) {
    err = std::move(e);
    return false;
  }

  own* own_field(const std::string& text) {
    for (auto* f : {&dependencies_, &for_each_})
      if (text == f->name)
        return f;
    return nullptr;
  }

  void leave() {
    if (depth_ == 1)
      inside_ = nullptr;
  }

  bool set(const json_scalar& v) {
    if (field_ == "jobs")
      return refuse({ec::invalid_value, "jobs must be an object of jobs by key, not " + shown(v), "jobs"});
    auto text = read_text(v, field_, api_.jobs.tag_bytes_max);
    if (!text)
      return refuse(std::move(text).err());
    (field_ == "name" ? name : idempotency_key) = std::move(*text);
    return true;
  }

  bool add() {
    if (jobs.size() == api_.jobs.batch_jobs_max)
      return refuse(
        {ec::out_of_range,
         "a workflow holds at most " + std::to_string(api_.jobs.batch_jobs_max) + " jobs (jobs.batch_jobs_max)",
         "jobs"});
    auto parsed = read_job();
    if (!parsed)
      return refuse(within(std::move(parsed).err(), at_job(key_)));
    auto& job = jobs.emplace_back(workflow_job_wish{key_, std::move(parsed->spec), {}});
    auto e = check_job(job.spec);
    if (!e && dependencies_.given)
      e = read_workflow_dependencies(api_, dependencies_.tree.root(), job);
    if (!e && for_each_.given)
      e = read_for_each(api_, for_each_.tree.root(), job);
    return !e || refuse(within(std::move(*e), at_job(key_)));
  }

  result<parsed_job> read_job() {
    if (all_known_)
      return reader_.finish();
    auto e = reader_.check_fields();
    return e ? result<parsed_job>{std::move(*e)} : parsed_job{};
  }

  const api& api_;
  job_reader reader_;
  bool all_known_;
  place place_ = place::start;
  std::string field_; // of the workflow
  std::string key_;   // of the job that is being read
  std::unordered_map<std::string, size_t> keys_;
  std::set<std::string> seen_;
  unsigned depth_ = 0; // 1 in the job's object
  own dependencies_{"dependencies"}, for_each_{"forEach"};
  own* inside_ = nullptr; // which of them is being read
};

/// What is wrong with references in a payload, or with something else.
error told_of_references(const api& a, const workflow_job_wish& job, error e) {
  return e.field == "payload" ? told_of_payload(a, job.spec.type, std::move(e)) : e;
}

/// `a, b, c and 7 more`
std::string known_keys(const std::vector<workflow_job_wish>& jobs) {
  constexpr size_t named_max = 20;
  std::vector<std::string> named;
  for (size_t i = 0; i < std::min(jobs.size(), named_max); ++i)
    named.push_back(jobs[i].key);
  return joined(named) +
         (jobs.size() > named_max ? " and " + std::to_string(jobs.size() - named_max) + " more" : std::string{});
}

error circle_error(const std::vector<workflow_job_wish>& jobs, const std::vector<size_t>& circle) {
  constexpr size_t named_max = 20; // a longer circle is cut: the message is for people
  std::string text;
  for (size_t i = 0; i < std::min(circle.size(), named_max); ++i)
    text += jobs[circle[i]].key + " -> ";
  return {ec::dependency_cycle,
          "jobs of this workflow wait for each other: " + text +
            (circle.size() > named_max ? std::string{"..."} : jobs[circle.front()].key),
          "jobs"};
}

/// What waits for what. Errors: unknown_dependency; invalid_value for one that would be forgotten first.
result<std::vector<workflow_edge>> edges_of(const workflow_reader& r) {
  std::vector<workflow_edge> out;
  for (size_t to = 0; to < r.jobs.size(); ++to)
    for (const auto& d : r.jobs[to].waits_for) {
      const auto* from = r.find(d.key);
      if (from == nullptr)
        return within({ec::unknown_dependency,
                       shown(std::string_view{d.key}) + " is no job of this workflow, which has " + known_keys(r.jobs) +
                         "; a job outside of it is named by its id",
                       d.field},
                      at_job(r.jobs[to].key));
      if (r.jobs[*from].spec.level == durability::memory && r.jobs[to].spec.level != durability::memory)
        return within({ec::invalid_value,
                       d.key + " has durability memory, so a job that survives a restart of the scheduler cannot "
                               "wait for it",
                       d.field},
                      at_job(r.jobs[to].key));
      out.push_back({*from, to, d.on});
    }
  return out;
}

/// Gives each job its idempotency key. Error: out_of_range when one becomes too long.
std::optional<error> set_keys(parsed_workflow& w, uint32_t bytes_max) {
  if (w.idempotency_key.empty())
    return std::nullopt;
  for (size_t i = 0; i < w.keys.size(); ++i) {
    auto& key = w.request.jobs[i].idempotency_key;
    key = w.idempotency_key + "/" + w.keys[i];
    if (key.size() > bytes_max)
      return error{ec::out_of_range,
                   "idempotencyKey must leave room for a slash and the key of each job in " +
                     std::to_string(bytes_max) + " bytes (jobs.tag_bytes_max), which " + w.keys[i] + " does not fit in",
                   "idempotencyKey"};
  }
  return std::nullopt;
}

} // namespace

std::optional<error> parse_workflow_fields(const api& a, std::string_view text, time_point now) {
  workflow_reader r{a, text, now, false};
  if (auto e = parse_json(text, r, a.http.json_depth_max))
    return e;
  if (r.err)
    return std::move(r.err);
  const auto edges = edges_of(r);
  return edges ? std::nullopt : std::optional{edges.err()};
}

result<parsed_workflow> read_workflow(const api& a, std::string_view text, std::string_view key_header, time_point now,
                                      std::string id) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return error{ec::malformed_json, "the body is empty; a JSON object is expected"};
  workflow_reader r{a, text, now};
  if (auto e = parse_json(text, r, a.http.json_depth_max))
    return std::move(*e);
  if (r.err)
    return std::move(*r.err);
  if (!r.has("name"))
    return error{ec::missing_field, "name is required: what people call the workflow", "name"};
  if (!r.has("jobs"))
    return error{ec::missing_field, "jobs is required: an object of jobs by key", "jobs"};
  if (r.jobs.empty())
    return error{ec::invalid_value, "a workflow must hold at least one job", "jobs"};
  const auto edges = edges_of(r);
  if (!edges)
    return edges.err();
  for (const auto& job : r.jobs)
    if (auto e = check_result_references(job))
      return within(told_of_references(a, job, std::move(*e)), at_job(job.key));
  for (const auto& job : r.jobs)
    if (auto e = check_for_each(job))
      return within(told_of_references(a, job, std::move(*e)), at_job(job.key));
  const auto order = topological_order(r.jobs.size(), *edges);
  if (order.size() != r.jobs.size())
    return circle_error(r.jobs, find_circle(r.jobs.size(), *edges));

  parsed_workflow out;
  out.id = std::move(id);
  out.name = std::move(r.name);
  out.idempotency_key = std::move(r.idempotency_key);
  if (!r.has("idempotencyKey") && !key_header.empty()) {
    auto key = read_text(key_header, "Idempotency-Key", a.jobs.tag_bytes_max);
    if (!key)
      return std::move(key).err();
    out.idempotency_key = std::move(*key);
  }
  out.request.atomic = true;
  std::vector<size_t> position(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    auto& job = r.jobs[order[i]];
    position[order[i]] = i;
    job.spec.workflow = workflow_part{out.id, out.name, job.key, i == 0};
    out.keys.push_back(std::move(job.key));
    out.request.jobs.push_back(std::move(job.spec));
  }
  for (const auto& e : *edges)
    out.request.inner.push_back({position[e.to], position[e.from], e.on});
  if (auto e = set_keys(out, a.jobs.tag_bytes_max))
    return std::move(*e);
  return out;
}

} // namespace callboard
