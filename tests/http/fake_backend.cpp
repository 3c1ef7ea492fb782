#include "tests/http/fake_backend.hpp"

#include <nlohmann/json.hpp>

namespace callboard::test {

using namespace std::chrono_literals;

void fake_backend::submit(submit_request r, reply<std::vector<result<submit_answer>>> done) {
  std::vector<result<submit_answer>> out;
  {
    const std::lock_guard lock{mutex_};
    for (size_t i = 0; i < r.jobs.size(); ++i) {
      if (i < fail_jobs.size() && fail_jobs[i]) {
        out.push_back(*fail_jobs[i]);
        continue;
      }
      submit_answer a;
      a.id = some_id(i + 1);
      a.priority = r.jobs[i].priority;
      a.created_at = noon();
      a.scheduled_at = r.jobs[i].schedule_at;
      a.estimated_execution = noon() + 5s;
      a.level = r.jobs[i].level;
      a.duplicate = duplicate;
      out.push_back(a);
    }
    submits.push_back(std::move(r));
    out.erase(out.end() - static_cast<std::ptrdiff_t>(answers_missing), out.end());
  }
  answer(std::move(done), std::move(out));
}

void fake_backend::get(job_id id, reply<job_ptr> done) {
  auto j = std::make_shared<job_record>(job);
  j->id = id;
  answer<job_ptr>(std::move(done), j);
}

void fake_backend::list(list_request r, reply<job_list> done) {
  {
    const std::lock_guard lock{mutex_};
    last_list = std::move(r);
  }
  answer(std::move(done), page);
}

void fake_backend::explain(job_id id, reply<explanation> done) {
  auto x = why;
  x.job = id;
  answer(std::move(done), std::move(x));
}

void fake_backend::cancel(job_id id, std::string reason, reply<job_ptr> done) {
  {
    const std::lock_guard lock{mutex_};
    last_reason = std::move(reason);
  }
  get(id, std::move(done));
}

void fake_backend::retry(job_id id, reply<job_ptr> done) {
  get(id, std::move(done));
}

void fake_backend::modify(job_id id, job_patch patch, reply<job_ptr> done) {
  {
    const std::lock_guard lock{mutex_};
    last_patch = patch;
  }
  get(id, std::move(done));
}

void fake_backend::workers(reply<std::vector<worker_view>> done) {
  answer(std::move(done), fleet);
}

void fake_backend::worker(std::string name, reply<worker_view> done) {
  for (const auto& w : fleet)
    if (w.name == name)
      return answer(std::move(done), w);
  done(error{ec::unknown_worker, "there is no worker \"" + name + "\""});
}

void fake_backend::scale(scale_request r, reply<scale_view> done) {
  {
    const std::lock_guard lock{mutex_};
    last_scale = r;
  }
  scale_view v;
  v.before = v.actual = 2;
  v.desired = r.workers.value_or(r.workers_min.value_or(0));
  v.automatic = !r.workers;
  v.workers_min = r.workers_min.value_or(0);
  v.workers_max = r.workers_max.value_or(0);
  v.reason = "asked";
  answer(std::move(done), std::move(v));
}

void fake_backend::scaling(reply<scale_view> done) {
  answer(std::move(done), scale_view{2, 3, 2, false, 0, 0, "set by hand"});
}

void fake_backend::drain(drain_request r, reply<worker_view> done) {
  {
    const std::lock_guard lock{mutex_};
    last_drain = r;
  }
  worker(r.worker, std::move(done));
}

void fake_backend::actors(reply<std::vector<actor_view>> done) {
  answer(std::move(done), tree);
}

void fake_backend::dump_actor(std::string name, std::string node, reply<actor_dump> done) {
  if (name == "nobody")
    return done(error{ec::not_found, "there is no actor nobody", "name"});
  done(actor_dump{std::move(name), std::move(node), {{"waiting", "3"}}});
}

void fake_backend::restart_actor(std::string name, reply<actor_view> done) {
  for (const auto& a : tree)
    if (a.name == name)
      return answer(std::move(done), a);
  done(error{ec::not_found, "there is no actor " + name, "name"});
}

void fake_backend::note_schedule(std::string call, std::string name) {
  const std::lock_guard lock{mutex_};
  last_schedule_call = std::move(call);
  last_schedule_name = std::move(name);
}

void fake_backend::put_schedule(schedule_definition d, bool create_only, std::optional<uint32_t> version,
                                reply<schedule_view> done) {
  note_schedule("put", d.name);
  {
    const std::lock_guard lock{mutex_};
    last_definition = std::move(d);
    last_create_only = create_only;
    last_version = version;
  }
  answer(std::move(done), plan);
}

void fake_backend::pause_schedule(std::string name, bool paused, reply<schedule_view> done) {
  note_schedule("pause", std::move(name));
  {
    const std::lock_guard lock{mutex_};
    last_paused = paused;
  }
  answer(std::move(done), plan);
}

void fake_backend::remove_schedule(std::string name, reply<schedule_view> done) {
  note_schedule("remove", std::move(name));
  answer(std::move(done), plan);
}

void fake_backend::run_schedule(std::string name, reply<submit_answer> done) {
  note_schedule("run", std::move(name));
  submit_answer a;
  a.id = some_id();
  a.created_at = noon();
  a.estimated_execution = noon() + 5s;
  answer(std::move(done), a);
}

void fake_backend::schedules(std::string after, uint32_t limit, reply<schedule_page> done) {
  {
    const std::lock_guard lock{mutex_};
    last_after = std::move(after);
    last_limit = limit;
  }
  answer(std::move(done), plans);
}

void fake_backend::schedule(std::string name, reply<schedule_view> done) {
  note_schedule("show", std::move(name));
  answer(std::move(done), plan);
}

void fake_backend::schedule_history(std::string name, reply<schedule_versions> done) {
  note_schedule("history", std::move(name));
  answer(std::move(done), plan_versions);
}

void fake_backend::note_limit(std::string call, limit_target t) {
  const std::lock_guard lock{mutex_};
  last_limit_call = std::move(call);
  last_target = std::move(t);
}

void fake_backend::limit(limit_target t, reply<limit_view> done) {
  note_limit("show", std::move(t));
  answer(std::move(done), bound);
}

void fake_backend::set_limit(limit_target t, limit_rule rule, reply<limit_view> done) {
  note_limit("set", std::move(t));
  {
    const std::lock_guard lock{mutex_};
    last_rule = rule;
  }
  answer(std::move(done), bound);
}

void fake_backend::pause_limit(limit_target t, bool paused, reply<limit_view> done) {
  note_limit("pause", std::move(t));
  {
    const std::lock_guard lock{mutex_};
    last_paused = paused;
  }
  answer(std::move(done), bound);
}

void fake_backend::limits(limit_kind kind, std::string queue, std::string after, uint32_t limit,
                          reply<limit_page> done) {
  note_limit("list", {kind, std::move(queue), {}});
  {
    const std::lock_guard lock{mutex_};
    last_after = std::move(after);
    last_limit = limit;
  }
  answer(std::move(done), bounds);
}

void fake_backend::put_template(template_draft d, std::optional<uint32_t> version, reply<template_change> done) {
  {
    const std::lock_guard lock{mutex_};
    last_version = version;
  }
  answer(std::move(done), template_change{{d.name, 1, 1, noon(), d.kind, d.digest, d.description}, true});
}

void fake_backend::remove_template(std::string name, reply<template_head> done) {
  answer(std::move(done), template_head{std::move(name), 1, 1, noon(), template_kind::job, {}, {}});
}

void fake_backend::templates(std::string after, uint32_t limit, reply<template_page> done) {
  {
    const std::lock_guard lock{mutex_};
    last_after = std::move(after);
    last_limit = limit;
  }
  answer(std::move(done), recipes);
}

void fake_backend::template_at(std::string, std::optional<uint32_t> version, reply<template_version> done) {
  {
    const std::lock_guard lock{mutex_};
    last_version = version;
  }
  answer(std::move(done), recipe_versions.versions.empty() ? template_version{} : recipe_versions.versions.front());
}

void fake_backend::template_history(std::string, reply<template_versions> done) {
  answer(std::move(done), recipe_versions);
}

void fake_backend::ended(ended_query q, reply<ended_page> done) {
  {
    const std::lock_guard lock{mutex_};
    last_ended = std::move(q);
  }
  answer(std::move(done), ends);
}

void fake_backend::report(report_query q, reply<report_answer> done) {
  report_answer x;
  {
    const std::lock_guard lock{mutex_};
    last_report = q;
  }
  x.query = std::move(q);
  x.lines = report_lines;
  for (const auto& line : x.lines)
    x.total.merge(line.row);
  answer(std::move(done), std::move(x));
}

void fake_backend::metrics(reply<metrics_view> done) {
  answer(std::move(done), measured);
}

void fake_backend::status(reply<status_view> done) {
  answer(std::move(done), state);
}

void fake_backend::health(reply<health_view> done) {
  answer(std::move(done), well);
}

void fake_backend::hold() {
  const std::lock_guard lock{mutex_};
  holding_ = true;
}

bool fake_backend::wait_held(size_t n) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, 10s, [&] { return held_.size() >= n; });
}

void fake_backend::release(size_t position) {
  std::function<void()> give;
  {
    const std::lock_guard lock{mutex_};
    give = std::move(held_.at(position));
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(position));
  }
  give();
}

size_t fake_backend::calls() {
  const std::lock_guard lock{mutex_};
  return calls_;
}

bool fake_types::has(std::string_view type) const {
  return type == "noop" || type == "email_send" || (!extra.empty() && type == extra);
}

std::string fake_types::listed() const {
  return "noop, email_send" + (extra.empty() ? "" : ", " + extra);
}

result<done> fake_types::check(std::string_view type, const nlohmann::json& payload) const {
  if (on_check)
    on_check(type);
  if (type == "email_send" && (!payload.is_object() || !payload.contains("to") || !payload["to"].is_string()))
    return error{ec::invalid_payload, "payload.to must be a string", "payload.to"};
  return done{};
}

api make_api(backend& b) {
  static const fake_types types;
  return make_api(b, types);
}

api make_api(backend& b, const accepted_types& types) {
  return {.http = {}, .jobs = {}, .back = b, .types = types, .version = "1.2.3", .clock = noon};
}

http_response direct::call(http_method method, std::string target, std::string body, std::string content_type,
                           std::string idempotency_key) {
  http_request request;
  request.method = method;
  request.target = std::move(target);
  request.body = std::move(body);
  request.content_type = std::move(content_type);
  request.idempotency_key = std::move(idempotency_key);
  std::optional<http_response> later;
  auto match = routes.find(request.method, request.target);
  auto now = routes.run(match, request, responder{[&](responder::maker make) { later = make(); }});
  if (now)
    return std::move(*now);
  if (later)
    return std::move(*later);
  return failed({ec::internal_timeout, "nothing was answered"});
}

std::string code_of(const http_response& r) {
  return r.failure ? std::string{to_string(r.failure->code)} : "none";
}

std::string field_of(const http_response& r) {
  return r.failure ? r.failure->field : "";
}

} // namespace callboard::test
