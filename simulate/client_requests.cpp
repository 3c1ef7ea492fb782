#include "core/base/rfc3339.hpp"

#include "simulate/simulated_client.hpp"

// What a client asks for that is about no job: schedules and limits.

namespace callboard::simulate {

namespace {

/// What the trace calls it.
std::string kind_text(limit_kind kind) {
  return kind == limit_kind::queue ? "queue" : kind == limit_kind::type ? "type" : "key";
}

std::string subject_text(const limit_target& t) {
  return t.kind == limit_kind::key ? t.name + " " + t.key : t.name;
}

std::string stand_text(const schedule_view& v) {
  return "version " + std::to_string(v.definition->version) + (v.progress.paused ? ", paused" : "") +
         (v.next.empty() ? ", no next time" : ", next " + to_rfc3339(v.next.front()));
}

std::string rule_text(const limit_rule& r) {
  return r.is_plain() ? "no limits" : "limits: " + to_text(r);
}

} // namespace

void simulated_client::refuse_request(const std::string& about, const error& why) {
  story_.answered(about, std::string{to_string(why.code)});
  story_.add("refused", "", about + ": " + std::string{to_string(why.code)} + ": " + why.message);
}

/// False: nobody is there to ask.
bool simulated_client::reaches(const std::string& about) {
  if (host_.up())
    return true;
  story_.answered(about, "unreachable");
  story_.add("refused", "", about + ": unreachable: no scheduler is running");
  return false;
}

template <class View, class Tell>
answer<View> simulated_client::heard(const std::string& about, Tell tell) {
  return answer<View>{[this, alive = std::weak_ptr{alive_}, about, tell](result<View> r) {
    if (alive.expired())
      return;
    if (!r)
      return refuse_request(about, r.err());
    story_.answered(about, {});
    tell(*r);
  }};
}

// -- schedules --------------------------------------------------------------------------------------------------------

void simulated_client::act(const schedule_put_step& s) {
  const auto about = about_schedule(s.name);
  if (!reaches(about))
    return;
  auto d = rules_.read_schedule(absolute_schedule(s.body, time_.wall()), time_.wall());
  if (!d)
    return refuse_request(about, d.err());
  auto reply = heard<schedule_view>(
    about, [this, name = s.name](const schedule_view& v) { story_.add("schedule", name, stand_text(v)); });
  host_.post(schedule_put_call{std::move(*d), false, std::nullopt, std::move(reply)});
}

void simulated_client::act(const schedule_change_step& s) {
  const auto about = about_schedule(s.schedule);
  if (!reaches(about))
    return;
  const bool removed = s.what == schedule_change_call::action::remove;
  auto reply = heard<schedule_view>(about, [this, name = s.schedule, removed](const schedule_view& v) {
    story_.add("schedule", name, removed ? "is removed" : stand_text(v));
  });
  host_.post(schedule_change_call{s.schedule, s.what, std::move(reply)});
}

void simulated_client::act(const schedule_run_step& s) {
  const auto about = about_schedule(s.schedule);
  auto& job = names_.at(s.job);
  job.is = submitted_job::fate::asked;
  if (!reaches(about))
    return refuse(s.job, "unreachable", "no scheduler is running");
  host_.post(schedule_run_call{
    s.schedule, answer<submit_answer>{[this, alive = std::weak_ptr{alive_}, about, &job](result<submit_answer> r) {
      if (alive.expired())
        return;
      story_.answered(about, r ? std::string{} : std::string{to_string(r.err().code)});
      if (!r)
        return refuse(job.name, std::string{to_string(r.err().code)}, r.err().message);
      job.is = submitted_job::fate::accepted;
      job.id = r->id;
      look_at_waiting();
    }}});
}

// -- limits -----------------------------------------------------------------------------------------------------------

void simulated_client::limit(limit_call call) {
  const auto about = about_limit(call.target);
  if (!reaches(about))
    return;
  call.reply = heard<limit_view>(about, [this](const limit_view& v) {
    story_.add(kind_text(v.target.kind), subject_text(v.target), rule_text(v.rule));
  });
  host_.post(std::move(call));
}

void simulated_client::act(const limit_step& s) {
  const auto rule = rules_.read_limit(s.target.kind, plain_limit(s.rule));
  if (!rule)
    return refuse_request(about_limit(s.target), rule.err());
  limit({s.target, *rule, std::nullopt, {}});
}

void simulated_client::act(const pause_step& s) {
  limit({s.target, std::nullopt, s.paused, {}});
}

} // namespace callboard::simulate
