#include "config/units.hpp"
#include "core/base/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "simulate/scenario_parts.hpp"
#include "simulate/simulated_client.hpp"

namespace callboard::simulate {

namespace {

constexpr uint64_t count_max = 100'000;

std::set<std::string, std::less<>> names_of(const std::map<std::string, type_script, std::less<>>& types) {
  std::set<std::string, std::less<>> out;
  for (const auto& [name, script] : types)
    out.insert(name);
  return out;
}

/// A job's `as`, `count` and `every`, and the body without them.
struct read_job {
  std::vector<job_script> copies;
  duration every{0};
};

class step_reader {
public:
  explicit step_reader(scenario& plan) : plan_(plan), rules_(plan.config, names_of(plan.types)) {
  }

  void read(const nlohmann::json& v, const std::string& path) {
    path_ = path;
    if (!v.is_object())
      refuse_value(path, "an object with one of " + verbs(), v);
    if (const auto at = v.find("at"); at != v.end())
      at_ = read_span(*at, path + ".at");
    size_t found = 0;
    const row* one = nullptr;
    for (const auto& candidate : rows)
      if (v.contains(candidate.verb)) {
        one = &candidate;
        ++found;
      }
    if (found != 1)
      throw bad_scenario{path, "must have exactly one of " + verbs() + "; it has " + std::to_string(found)};
    verb_ = one->verb;
    (this->*one->read)(v);
  }

private:
  struct row {
    std::string_view verb;
    void (step_reader::*read)(const nlohmann::json&);
  };
  static const row rows[23];

  static std::string verbs() {
    std::string out;
    for (const auto& r : rows)
      out += (out.empty() ? "" : ", ") + std::string{r.verb};
    return out;
  }

  template <class Step>
  void add(duration at, Step s) {
    plan_.steps.push_back({at, path_, std::move(s)});
  }

  void submit(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "submit"}};
    auto job = read_body(*r.find("submit"), r.path_of("submit"), {});
    auto at = at_;
    for (auto& copy : job.copies) {
      add(at, submit_step{std::move(copy)});
      at += job.every;
    }
  }

  void batch(const nlohmann::json& v) {
    const field_reader outer{v, path_, {"at", "batch"}};
    const field_reader r{*outer.find("batch"), outer.path_of("batch"), {"atomic", "jobs"}};
    batch_step s;
    s.atomic = r.flag("atomic", false);
    r.need("jobs", "an array of jobs");
    const auto* list = r.list("jobs");
    for (size_t i = 0; i < list->size(); ++i) {
      const auto path = r.path_of("jobs") + "[" + std::to_string(i) + "]";
      auto job = read_body((*list)[i], path, "a batch");
      std::move(job.copies.begin(), job.copies.end(), std::back_inserter(s.jobs));
    }
    if (s.jobs.empty() || s.jobs.size() > plan_.config.jobs.batch_jobs_max)
      throw bad_scenario{r.path_of("jobs"), "must hold 1 to " + std::to_string(plan_.config.jobs.batch_jobs_max) +
                                              " jobs, not " + std::to_string(s.jobs.size())};
    take_inner_names(s, plan_, r.path_of("jobs"));
    add(at_, std::move(s));
  }

  void workflow(const nlohmann::json& v) {
    const field_reader outer{v, path_, {"at", verb_}};
    const auto path = outer.path_of(verb_);
    auto body = *outer.find(verb_);
    if (!body.is_object())
      refuse_value(path, "a workflow: an object with jobs by key, as REST takes it, and `as`, its name here", body);
    const auto name = new_name(body, path);
    body.erase("as");
    check_workflow_body(body, name, path, rules_, plan_.start);
    auto& all = plan_.jobs[name];
    for (const auto& [key, job] : body.at("jobs").items()) {
      all.push_back(job_of_workflow(name, key));
      plan_.jobs[all.back()] = {all.back()};
    }
    add(at_, workflow_step{name, std::move(body)});
  }

  read_job read_body(const nlohmann::json& v, const std::string& path, std::string_view batch) {
    if (!v.is_object())
      refuse_value(path, "a job: an object with jobType, as REST takes it, and `as`, its name here", v);
    auto body = v;
    for (const auto* own : {"as", "count", "every"})
      body.erase(own);
    const auto name = new_name(v, path);
    const auto n = v.contains("count") ? read_count(v["count"], path + ".count", 1, count_max) : 1;
    if (v.contains("every") && !batch.empty())
      throw bad_scenario{path + ".every", "is not for the jobs of a batch: they are submitted at once"};
    check_job_body(body, path, rules_, plan_.start);
    auto& copies = plan_.jobs[name];
    read_job out;
    for (uint64_t i = 1; i <= n; ++i) {
      copies.push_back(v.contains("count") ? name + "#" + std::to_string(i) : name);
      out.copies.push_back({copies.back(), body});
    }
    if (v.contains("every"))
      out.every = read_span(v["every"], path + ".every");
    return out;
  }

  /// What the job is called that `v` names with `as`, or does not.
  std::string new_name(const nlohmann::json& v, const std::string& path) {
    const auto name = v.contains("as") ? read_word(v["as"], path + ".as") : "job" + std::to_string(++unnamed_);
    if (name.find_first_of("#@") != std::string::npos)
      throw bad_scenario{path + ".as", "must not have # and @: the copies of a job with a count are name#1, name#2, "
                                       "..., the jobs of a schedule name@1, name@2, ..."};
    if (plan_.jobs.count(name) != 0)
      throw bad_scenario{path + ".as", "is the name of another job: " + name};
    return name;
  }

  void schedule(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", verb_}};
    const auto& body = *r.find(verb_);
    if (!body.is_object())
      refuse_value(r.path_of(verb_), "a schedule: an object with name, cron, every or at, and job, as REST takes it",
                   body);
    check_schedule_body(body, r.path_of(verb_), rules_, plan_.start);
    add(at_, schedule_put_step{body.at("name").get<std::string>(), body});
  }

  void change_schedule(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", verb_}};
    using action = schedule_change_call::action;
    const auto what = verb_ == "pauseSchedule"    ? action::pause
                      : verb_ == "resumeSchedule" ? action::resume
                                                  : action::remove;
    add(at_, schedule_change_step{*r.word(verb_), what});
  }

  void run_schedule(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", verb_, "as"}};
    auto name = new_name(v, path_);
    plan_.jobs[name] = {name};
    add(at_, schedule_run_step{*r.word(verb_), std::move(name)});
  }

  void limit(const nlohmann::json& v) {
    const field_reader outer{v, path_, {"at", verb_}};
    const auto path = outer.path_of(verb_);
    const field_reader r{*outer.find(verb_),
                         path,
                         {"queue", "type", "key", "paused", "concurrency", "rate", "weight", "perKey", "waitingMax",
                          "waitingBytesMax", "whenFull", "fullAcceptsFrom", "retryRate", "preemption", "cache"}};
    const auto queue = r.word("queue"), type = r.word("type"), key = r.word("key");
    if (queue.has_value() == type.has_value())
      throw bad_scenario{path, "must have exactly one of queue and type"};
    if (type && key)
      throw bad_scenario{r.path_of("key"), "goes with a queue: a key is one of its concurrency keys"};
    const auto kind = type ? limit_kind::type : key ? limit_kind::key : limit_kind::queue;
    limit_step s{{kind, queue ? *queue : *type, key.value_or("")}, *outer.find(verb_)};
    for (const auto* who : {"queue", "type", "key"})
      s.rule.erase(who);
    check_limit_target(s.target, r.path_of(type ? "type" : key ? "key" : "queue"), rules_);
    check_limit_body(kind, s.rule, path, rules_);
    add(at_, std::move(s));
  }

  void pause(const nlohmann::json& v) {
    const bool type = verb_.ends_with("Type");
    const auto r = type ? field_reader{v, path_, {"at", verb_}} : field_reader{v, path_, {"at", verb_, "key"}};
    const auto key = r.word("key");
    const limit_target t{type  ? limit_kind::type
                         : key ? limit_kind::key
                               : limit_kind::queue,
                         *r.word(verb_), key.value_or("")};
    check_limit_target(t, r.path_of(key ? "key" : verb_), rules_);
    add(at_, pause_step{t, verb_.starts_with("pause")});
  }

  void cancel(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "cancel", "reason"}};
    add(at_, cancel_step{*r.word("cancel"), r.word("reason").value_or("")});
  }

  void retry(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "retry"}};
    add(at_, retry_step{*r.word("retry")});
  }

  void hold(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", verb_, "reason"}};
    add(at_, hold_step{*r.word(verb_), verb_ == "hold", r.word("reason").value_or("")});
  }

  void change(const nlohmann::json& v) {
    const field_reader outer{v, path_, {"at", "change"}};
    const auto path = outer.path_of("change");
    const field_reader r{*outer.find("change"), path, {"job", "priority", "scheduleAt", "deadline"}};
    change_step s{read_word(r.need("job", "which job"), r.path_of("job")), *outer.find("change")};
    s.body.erase("job");
    check_change_body(s.body, path, rules_, plan_.start);
    add(at_, std::move(s));
  }

  void worker(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "worker", "do", "within"}};
    using action = worker_step::action;
    constexpr std::array actions{action::join, action::crash, action::cut, action::drain, action::drain};
    worker_step s;
    s.worker = *r.word("worker");
    r.need("do", "join, crash, cut, drain or stop");
    const auto i = *r.choice("do", {"join", "crash", "cut", "drain", "stop"});
    s.what = actions[i];
    s.grace = r.span("within");
    constexpr size_t drain = 3, stop = 4;
    if (s.grace && i != drain)
      throw bad_scenario{r.path_of("within"), "is only for drain"};
    if (i == stop)
      s.grace = duration{0};
    add(at_, std::move(s));
  }

  void clock(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "clock"}};
    add(at_, clock_set_step{read_clock(*r.find("clock"), r.path_of("clock"))});
  }

  void store(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "store"}};
    add(at_, store_step{*r.choice("store", {"fail", "recover"}) == 1});
  }

  void scheduler(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "scheduler"}};
    const auto i = *r.choice("scheduler", {"stop", "start", "restart"});
    add(at_, scheduler_step{i != 1, i != 0});
  }

  void expect(const nlohmann::json& v) {
    const field_reader r{v, path_, {"at", "expect"}};
    add(at_, expect_step{read_expectations(*r.find("expect"), r.path_of("expect"))});
  }

  scenario& plan_;
  job_rules rules_;
  std::string path_;
  std::string_view verb_;
  duration at_{0}; ///< of this step; of the one before when it does not say
  uint64_t unnamed_ = 0;
};

const step_reader::row step_reader::rows[23] = {
  {"submit", &step_reader::submit},
  {"batch", &step_reader::batch},
  {"workflow", &step_reader::workflow},
  {"cancel", &step_reader::cancel},
  {"retry", &step_reader::retry},
  {"hold", &step_reader::hold},
  {"release", &step_reader::hold},
  {"change", &step_reader::change},
  {"schedule", &step_reader::schedule},
  {"pauseSchedule", &step_reader::change_schedule},
  {"resumeSchedule", &step_reader::change_schedule},
  {"removeSchedule", &step_reader::change_schedule},
  {"runSchedule", &step_reader::run_schedule},
  {"limit", &step_reader::limit},
  {"pauseQueue", &step_reader::pause},
  {"resumeQueue", &step_reader::pause},
  {"pauseType", &step_reader::pause},
  {"resumeType", &step_reader::pause},
  {"worker", &step_reader::worker},
  {"clock", &step_reader::clock},
  {"store", &step_reader::store},
  {"scheduler", &step_reader::scheduler},
  {"expect", &step_reader::expect},
};

} // namespace

void read_steps(const nlohmann::json& v, scenario& plan) {
  if (!v.is_array())
    refuse_value("steps", "an array of steps", v);
  step_reader reader{plan};
  for (size_t i = 0; i < v.size(); ++i)
    reader.read(v[i], "steps[" + std::to_string(i) + "]");
  std::stable_sort(plan.steps.begin(), plan.steps.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
}

} // namespace callboard::simulate
