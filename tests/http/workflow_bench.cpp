#include "tests/http/workflow_bench.hpp"

namespace callboard::test {

using namespace std::chrono_literals;
using nlohmann::json;

void job_shelf::answer(std::function<void()> give) {
  held_.push_back(std::move(give));
  if (!hold)
    release();
}

void job_shelf::release() {
  while (!held_.empty())
    release_one();
}

void job_shelf::release_one() {
  auto give = std::move(held_.front());
  held_.pop_front();
  give();
}

void job_shelf::submit(submit_request r, reply<std::vector<result<submit_answer>>> done) {
  std::vector<result<submit_answer>> out;
  std::vector<job_id> ids(r.jobs.size());
  for (size_t i = 0; i < r.jobs.size(); ++i) {
    const auto& key = r.jobs[i].idempotency_key;
    const auto there = std::find_if(
      jobs.begin(), jobs.end(), [&](const auto& kv) { return !key.empty() && kv.second.spec.idempotency_key == key; });
    submit_answer a;
    a.duplicate = there != jobs.end();
    a.id = a.duplicate ? there->first : some_id(jobs.size() + 1);
    ids[i] = a.id;
    if (!refuse.empty()) {
      const auto why = refuse.find(i);
      out.push_back(why != refuse.end() ? why->second : error{ec::invalid_state, "not accepted: another job", ""});
      continue;
    }
    out.push_back(a);
    if (a.duplicate || fail_submit)
      continue;
    auto& rec = jobs[a.id];
    rec.id = a.id;
    rec.spec = r.jobs[i];
    rec.created_at = now;
    for (const auto& d : r.inner)
      if (d.job == i)
        rec.spec.dependencies.emplace_back(ids[d.depends_on], d.on);
  }
  submits.push_back(std::move(r));
  answer([this, out, done] { fail_submit ? done(*fail_submit) : done(out); });
}

void job_shelf::get(job_id id, reply<job_ptr> done) {
  answer([this, id, done] { done(job_ptr{std::make_shared<job_record>(jobs.at(id))}); });
}

void job_shelf::list(list_request r, reply<job_list> done) {
  lists.push_back(r);
  job_list page;
  for (auto i = jobs.rbegin(); i != jobs.rend(); ++i) {
    const auto& part = i->second.spec.workflow;
    if ((r.below && i->first >= *r.below) || (!r.workflow.empty() && (!part || part->id != r.workflow)) ||
        (r.first_of_workflow && !(part && part->first)) || (!r.key.empty() && i->second.spec.idempotency_key != r.key))
      continue;
    if (page.jobs.size() == r.limit) {
      page.next = page.jobs.back()->id;
      break;
    }
    auto j = std::make_shared<job_record>(i->second);
    if (!r.payload)
      j->spec.payload = blob{};
    if (!r.result)
      j->result = blob{};
    page.jobs.push_back(std::move(j));
  }
  answer([this, page, done] { fail_list ? done(*fail_list) : done(page); });
}

void job_shelf::cancel(job_id id, std::string reason, reply<job_ptr> done) {
  cancels.push_back(id);
  last_reason = std::move(reason);
  answer([this, id, done] {
    if (fail_cancel)
      return done(*fail_cancel);
    auto& rec = jobs.at(id);
    if (is_terminal(rec.state))
      return done(error{ec::invalid_state, "it has ended"});
    rec.state = job_state::cancelled;
    rec.finished_at = now;
    rec.error = job_error{std::string{job_error_code::cancelled}, "because", now};
    done(job_ptr{std::make_shared<job_record>(rec)});
  });
}

void job_shelf::modify(job_id id, job_patch patch, reply<job_ptr> done) {
  changed.push_back(id);
  answer([this, id, patch, done] {
    if (fail_modify)
      return done(*fail_modify);
    auto& rec = jobs.at(id);
    if (is_terminal(rec.state))
      return done(error{ec::invalid_state, "it has ended"});
    if (patch.held)
      rec.spec.hold = job_hold{*patch.held, now, patch.reason};
    done(job_ptr{std::make_shared<job_record>(rec)});
  });
}

job_record& job_shelf::at(const std::string& key) {
  const auto found = std::find_if(jobs.rbegin(), jobs.rend(), [&](const auto& kv) {
    return kv.second.spec.workflow && kv.second.spec.workflow->key == key;
  });
  REQUIRE(found != jobs.rend());
  return found->second;
}

void job_shelf::end(const std::string& key, job_state state, const char* code) {
  auto& rec = at(key);
  rec.state = state;
  rec.finished_at = now;
  if (code != nullptr)
    rec.error = job_error{code, "why", now};
}

void job_shelf::complete(const std::string& key, std::chrono::seconds took, std::string result) {
  auto& rec = at(key);
  rec.attempt = 1;
  rec.started_at = now - took;
  end(key, job_state::completed);
  if (!result.empty())
    rec.result = blob{std::move(result)};
}

workflow_bench::workflow_bench() : a(make_api(back, types)), routes(a, all_routes()) {
  a.new_workflow_id = [n = uint64_t{0}](time_point) mutable { return workflow_number(++n); };
}

void workflow_bench::start(http_method method, const std::string& target, std::string body, std::string idempotency_key,
                           std::string content_type) {
  answer.reset();
  http_request request;
  request.method = method;
  request.target = target;
  request.content_type = std::move(content_type);
  request.idempotency_key = std::move(idempotency_key);
  request.body = std::move(body);
  auto match = routes.find(method, target);
  if (auto now = routes.run(match, request, responder{[this](responder::maker make) { answer = make(); }}))
    answer = std::move(now);
}

http_response workflow_bench::call(http_method method, const std::string& target, std::string body,
                                   std::string idempotency_key) {
  start(method, target, std::move(body), std::move(idempotency_key));
  REQUIRE(answer);
  return *answer;
}

json workflow_bench::json_of(int status, http_method method, const std::string& target, std::string body) {
  const auto r = call(method, target, std::move(body));
  INFO((r.failure ? r.failure->message : r.body));
  REQUIRE(r.status == status);
  return json::parse(r.body);
}

std::string workflow_bench::submit(const json& body) {
  return json_of(201, http_method::post, "/api/workflows", body.dump())["id"];
}

json diamond() {
  return json::parse(R"({"name":"nightly","jobs":{
    "join":{"jobType":"noop","dependencies":["left",{"id":"right","on":"finished"}]},
    "load":{"jobType":"noop","payload":{"n":1},"priority":7,"tags":["x"]},
    "left":{"jobType":"noop","dependencies":["load"]},
    "right":{"jobType":"noop","dependencies":[{"id":"load"}]},
    "alarm":{"jobType":"noop","dependencies":[{"id":"join","on":"failure"}]}}})");
}

std::string workflow_number(uint64_t n) {
  return workflow_id(noon(), 0, n);
}

} // namespace callboard::test
