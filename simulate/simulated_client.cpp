#include "simulate/simulated_client.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace callboard::simulate {

namespace {

std::set<std::string, std::less<>> types_of(const scenario& plan) {
  std::set<std::string, std::less<>> out;
  for (const auto& [name, script] : plan.types)
    out.insert(name);
  return out;
}

std::string code_of(const error& e) {
  return std::string{to_string(e.code)};
}

/// Names without a job are those of schedules, `nightly@3`, or of elements, `night.part[3]`.
std::string no_such_job(const std::string& name) {
  if (name.back() == ']')
    return "there is no " + name;
  return "the schedule has not submitted " + name;
}

} // namespace

std::vector<named_dependency> dependencies_of(const nlohmann::json& body) {
  std::vector<named_dependency> out;
  const auto all = body.find("dependencies");
  if (all == body.end())
    return out;
  for (const auto& d : *all)
    if (d.is_object())
      out.push_back({d.at("id").get<std::string>(), d.value("on", nlohmann::json{})});
    else
      out.push_back({d.get<std::string>(), {}});
  return out;
}

nlohmann::json dependency_on(const std::string& id, const named_dependency& d) {
  if (d.on.is_null())
    return id;
  auto out = nlohmann::json::object();
  out["id"] = id;
  out["on"] = d.on;
  return out;
}

simulated_client::simulated_client(timeline& time, chronicle& story, scheduler_host& host, job_names& names,
                                   const scenario& plan)
  : time_(time), story_(story), host_(host), names_(names), rules_(plan.config, types_of(plan)) {
}

// -- what waits for answers -------------------------------------------------------------------------------------------

bool simulated_client::is_answered(const std::string& name) const {
  const auto meant = names_.meant_by(name);
  return std::none_of(meant.begin(), meant.end(), [](const auto* j) { return j->is == submitted_job::fate::asked; });
}

void simulated_client::when_answered(std::vector<std::string> named, std::function<void()> f) {
  if (std::all_of(named.begin(), named.end(), [this](const auto& n) { return is_answered(n); }))
    return f();
  waiting_.push_back({std::move(named), std::move(f)});
}

void simulated_client::look_at_waiting() {
  if (waiting_.empty() || std::exchange(looking_, true))
    return;
  time_.after(duration{0}, [this] {
    looking_ = false;
    for (auto& w : std::exchange(waiting_, {}))
      when_answered(std::move(w.named), std::move(w.f));
  });
}

// -- submits ----------------------------------------------------------------------------------------------------------

void simulated_client::act(const submit_step& s) {
  ask({&s.job}, false);
}

void simulated_client::act(const batch_step& s) {
  jobs wanted;
  for (const auto& job : s.jobs)
    wanted.push_back(&job);
  ask(wanted, s.atomic);
}

void simulated_client::ask(const jobs& wanted, bool atomic) {
  std::vector<std::string> named;
  for (const auto* job : wanted)
    for (auto& dep : dependencies_of(job->body))
      if (std::none_of(wanted.begin(), wanted.end(), [&](const auto* j) { return j->name == dep.name; }))
        named.push_back(std::move(dep.name));
  // Whoever waits for one of them waits until it was submitted, and then for the answer.
  for (const auto* job : wanted)
    names_.at(job->name).is = submitted_job::fate::asked;
  when_answered(std::move(named), [this, wanted, atomic] { submit(wanted, atomic); });
}

void simulated_client::refuse(const std::string& name, std::string code, std::string message) {
  auto& job = names_.at(name);
  job.is = submitted_job::fate::refused;
  story_.add("refused", name, code + ": " + message);
  job.code = std::move(code);
  job.message = std::move(message);
  look_at_waiting();
}

/// As REST takes it: ids, and positions in the batch, in place of names. Nothing: it was refused.
std::optional<nlohmann::json> simulated_client::ready_body(const job_script& job, const jobs& batch) {
  auto ids = nlohmann::json::array();
  for (const auto& dep : dependencies_of(job.body)) {
    const auto inner = std::find_if(batch.begin(), batch.end(), [&](const auto* j) { return j->name == dep.name; });
    if (inner != batch.end()) {
      ids.push_back(dependency_on("#" + std::to_string(inner - batch.begin()), dep));
      continue;
    }
    const auto meant = names_.meant_by(dep.name);
    if (meant.empty()) {
      refuse(job.name, "unknown_dependency", no_such_job(dep.name));
      return std::nullopt;
    }
    for (const auto* other : meant) {
      if (other->is != submitted_job::fate::accepted) {
        refuse(job.name, "unknown_dependency", other->name + " was not accepted");
        return std::nullopt;
      }
      ids.push_back(dependency_on(to_string(other->id), dep));
    }
  }
  auto body = absolute_body(job.body, time_.wall());
  if (!ids.empty())
    body["dependencies"] = std::move(ids);
  return body;
}

void simulated_client::submit(const jobs& wanted, bool atomic) {
  if (!host_.up()) {
    for (const auto* job : wanted)
      refuse(job->name, "unreachable", "no scheduler is running");
    return;
  }
  std::vector<nlohmann::json> bodies;
  for (const auto* job : wanted) {
    auto body = ready_body(*job, wanted);
    if (!body) { // and nothing of the batch is sent
      for (const auto* other : wanted)
        if (names_.at(other->name).is == submitted_job::fate::asked)
          refuse(other->name, "unknown_dependency", "another job of the batch was refused");
      return;
    }
    bodies.push_back(std::move(*body));
  }
  auto read = rules_.read_batch(bodies, atomic, time_.wall());
  if (!read) {
    for (const auto* job : wanted)
      refuse(job->name, code_of(read.err()), read.err().message);
    return;
  }
  const auto& refused = read->refused;
  const auto bad = std::find_if(refused.begin(), refused.end(), [](const auto& why) { return why.has_value(); });
  const bool none = bad != refused.end() && (atomic || !read->request.inner.empty());
  std::vector<size_t> asked;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (const auto& why = none && !refused[i] ? *bad : refused[i])
      refuse(wanted[i]->name, code_of(*why), why->message);
    else
      asked.push_back(i);
  }
  if (asked.empty())
    return;
  const std::weak_ptr<const bool> alive = alive_;
  answer<submit_answers> reply{[this, alive, wanted, asked](result<submit_answers> a) {
    if (!alive.expired())
      answered(wanted, asked, a);
  }};
  host_.post(submit_call{std::make_shared<submit_request>(std::move(read->request)), std::move(reply)});
}

void simulated_client::answered(const jobs& wanted, const std::vector<size_t>& asked, const result<submit_answers>& a) {
  for (size_t k = 0; k < asked.size(); ++k) {
    const auto& name = wanted[asked[k]]->name;
    if (!a || !(*a)[k]) {
      const auto& why = a ? (*a)[k].err() : a.err();
      refuse(name, code_of(why), why.message);
      continue;
    }
    auto& job = names_.at(name);
    job.is = submitted_job::fate::accepted;
    job.id = (*a)[k]->id;
    if ((*a)[k]->duplicate)
      story_.add("duplicate", name, "its key names " + to_string(job.id));
  }
  look_at_waiting();
}

// -- changes ----------------------------------------------------------------------------------------------------------

answer<job_ptr> simulated_client::told(const std::string& name, const std::string& verb) {
  return answer<job_ptr>{[this, alive = std::weak_ptr{alive_}, name, verb](result<job_ptr> r) {
    if (!r && !alive.expired())
      story_.add("refused", name, "to " + verb + " it: " + code_of(r.err()) + ": " + r.err().message);
  }};
}

/// Asks the same of all jobs that the name stands for.
template <class Call>
void simulated_client::change_each(const std::string& name, const std::string& verb, Call call) {
  when_answered({name}, [this, name, verb, call] {
    const auto meant = names_.meant_by(name);
    if (meant.empty())
      story_.add("refused", name, "to " + verb + " it: " + no_such_job(name));
    for (const auto* job : meant) {
      if (job->is == submitted_job::fate::accepted && host_.up())
        call(*job, told(job->name, verb));
      else
        story_.add("refused", job->name,
                   "to " + verb + " it: " + (host_.up() ? "it was not accepted" : "no scheduler is running"));
    }
  });
}

void simulated_client::act(const cancel_step& s) {
  change_each(s.job, "cancel", [this, reason = s.reason](const submitted_job& job, answer<job_ptr> reply) {
    host_.post(cancel_call{job.id, reason, std::move(reply)});
  });
}

void simulated_client::act(const retry_step& s) {
  change_each(s.job, "retry", [this](const submitted_job& job, answer<job_ptr> reply) {
    host_.post(retry_call{job.id, std::move(reply)});
  });
}

void simulated_client::act(const hold_step& s) {
  change_each(s.job, s.held ? "hold" : "release", [this, s](const submitted_job& job, answer<job_ptr> reply) {
    job_patch patch;
    patch.held = s.held;
    patch.reason = s.reason;
    host_.post(modify_call{job.id, std::move(patch), std::move(reply)});
  });
}

void simulated_client::act(const change_step& s) {
  change_each(s.job, "change", [this, body = s.body](const submitted_job& job, answer<job_ptr> reply) {
    const auto patch = rules_.read_patch(absolute_body(body, time_.wall()), time_.wall());
    if (!patch)
      return reply.deliver(patch.err());
    host_.post(modify_call{job.id, *patch, std::move(reply)});
  });
}

} // namespace callboard::simulate
