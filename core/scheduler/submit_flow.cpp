#include "core/scheduler/submit_flow.hpp"

#include "core/base/invariant.hpp"
#include "core/scheduler/take_decision.hpp"

#include <utility>

namespace callboard {

void submit_flow::on(submit_call& x, const moment& now) {
  look(s_.requests.open(std::move(x), now), now);
}

/// Asks the store what only it knows, or decides at once.
void submit_flow::look(uint64_t request, const moment& now) {
  auto ask = s_.requests.questions(request);
  if (ask.keys.empty() && ask.jobs.empty())
    decide(request, nullptr, now);
  else
    s_.port.read_store(request, std::move(ask));
}

void submit_flow::look_again(const moment& now) {
  for (auto request : std::exchange(s_.look_at, {}))
    if (s_.requests.is_open(request))
      look(request, now);
}

void submit_flow::on_read(uint64_t request, const read_answer& x, const moment& now) {
  decide(request, &x, now);
  s_.requests.answered(request);
}

void submit_flow::decide(uint64_t request, const read_answer* known, const moment& now) {
  auto d = take_decision(s_, request, known, now);
  if (d.look_again) // while jobs are still being read nothing new is known before all are
    return (s_.recovered ? s_.look_at : s_.look_at_when_recovered).push_back(request);
  create(d, {}, now);
}

/// The jobs of a decision are born: each by itself, or all in one piece.
void submit_flow::create(admission::decision& d, std::vector<std::pair<std::string, std::string>> facts,
                         const moment& now) {
  if (d.create.empty())
    return;
  uint64_t group = 0;
  if ((d.atomic && d.create.size() > 1) || !facts.empty()) {
    std::vector<job_id> members;
    for (const auto& c : d.create)
      members.push_back(c.job->id);
    group = s_.groups.open_batch(members, std::move(facts));
  }
  for (auto& c : d.create) {
    const auto own = group != 0 || c.removes.empty() ? group : s_.groups.open_batch({c.job->id});
    for (auto& r : c.removes)
      jobs_.replace(r.job, std::move(r.why), own, now);
    jobs_.create(c, own, now);
  }
}

result<job_id> submit_flow::submit(job_spec spec, const facts_function& facts, const answer<submit_answer>& reply,
                                   const moment& now) {
  auto request = std::make_shared<submit_request>();
  request->jobs.push_back(std::move(spec));
  auto refused = std::make_shared<std::optional<error>>();
  submit_call call{std::move(request), answer<submit_answers>{[refused, reply](result<submit_answers> x) {
                     auto one = x ? std::move(x->front()) : result<submit_answer>{std::move(x).err()};
                     if (!one)
                       *refused = one.err();
                     reply.deliver(std::move(one));
                   }}};
  auto d = take_decision(s_, s_.requests.open(std::move(call), now), nullptr, now);
  if (d.create.empty())
    return refused->value_or(error{ec::internal_error, "the job of a schedule was not decided"});
  const auto id = d.create.front().job->id;
  create(d, facts(id), now);
  return id;
}

} // namespace callboard
