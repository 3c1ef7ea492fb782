#include "http/api/workflow_submission.hpp"

#include "http/api/answer.hpp"
#include "http/api/workflow_actions.hpp"
#include "http/json/job_text.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace callboard {

namespace {

/// A submit under way.
struct submission {
  const api& a;
  responder to;
  parsed_workflow w; ///< its request until that is handed to the scheduler
};
using submission_ptr = std::shared_ptr<submission>;

void answer(const submission& s, http_response r) {
  s.to([r = std::move(r)] { return r; });
}

error key_taken(const std::string& by) {
  return {ec::idempotency_conflict, "the key belongs to " + by, "idempotencyKey"};
}

void write_accepted(const submission_ptr& s, const std::vector<result<submit_answer>>& answers, bool duplicate) {
  s->to([s, answers, duplicate] {
    return json_answer(duplicate ? 200 : 201, [&](json_writer& w) {
      w.open('{').key("id").text(s->w.id).key("name").text(s->w.name).key("jobs").open('{');
      for (size_t i = 0; i < s->w.keys.size(); ++i) {
        const auto& x = *answers[i];
        w.any_key(s->w.keys[i]).open('{').key("id").text(to_string(x.id)).key("status").text(to_string(x.state));
        w.key("durability").text(to_string(x.level)).close('}');
      }
      w.close('}');
      if (duplicate)
        w.key("duplicate").boolean(true);
      if (s->w.from_template)
        write_template_origin(w, *s->w.from_template);
      w.close('}');
    });
  });
}

void on_submitted(const submission_ptr& s, result<std::vector<result<submit_answer>>> answers) {
  if (!answers)
    return answer(*s, failed(std::move(answers).err()));
  if (auto e = refusal_of(*answers, s->w.keys))
    return answer(*s, failed(std::move(*e)));
  const auto there = std::find_if(answers->begin(), answers->end(), [](const auto& x) { return x && x->duplicate; });
  if (there == answers->end())
    return write_accepted(s, *answers, false);
  // Its workflow is the one that exists.
  s->a.back.get((*there)->id, [s, all = std::move(*answers)](result<job_ptr> j) {
    if (!j)
      return answer(*s, failed(std::move(j).err()));
    if (!(*j)->spec.workflow)
      return answer(*s, failed(key_taken(to_string((*j)->id) + ", which is no job of a workflow")));
    s->w.id = (*j)->spec.workflow->id;
    s->w.name = (*j)->spec.workflow->name;
    write_accepted(s, all, true);
  });
}

void submit(const submission_ptr& s) {
  s->a.back.submit(std::move(s->w.request), [s](auto answers) { on_submitted(s, std::move(answers)); });
}

/// There is a workflow with that key: it must be this one.
void compare(const submission_ptr& s, workflow_turn_ptr turn, const std::string& id) {
  load_workflow(std::move(turn), id, workflow_results::none, [s](result<workflow_view> v) {
    if (!v)
      return answer(*s, failed(std::move(v).err()));
    std::vector<std::string> theirs;
    for (const auto& j : v->jobs())
      if (!is_element(j)) // which came with no submit
        theirs.push_back(j.key);
    auto ours = s->w.keys;
    std::sort(theirs.begin(), theirs.end());
    std::sort(ours.begin(), ours.end());
    if (ours != theirs)
      return answer(*s, failed(key_taken("the workflow " + v->id() + ", which has other jobs")));
    submit(s);
  });
}

/// A workflow with an idempotency key: looks whether there is one already before anything is accepted.
void look_for_key(const submission_ptr& s, workflow_turn_ptr turn) {
  list_request query;
  query.key = s->w.request.jobs.front().idempotency_key;
  query.limit = 1;
  s->a.back.list(std::move(query), [s, turn = std::move(turn)](result<job_list> found) {
    if (!found)
      return answer(*s, failed(std::move(found).err()));
    if (found->jobs.empty())
      return submit(s);
    const auto& job = *found->jobs.front();
    if (!job.spec.workflow)
      return answer(*s, failed(key_taken(to_string(job.id) + ", which is no job of a workflow")));
    compare(s, turn, job.spec.workflow->id);
  });
}

} // namespace

void submit_workflow(const api& a, parsed_workflow w, const responder& to) {
  submit(std::make_shared<submission>(submission{a, to, std::move(w)}));
}

void submit_workflow_once(workflow_turn_ptr turn, parsed_workflow w, const responder& to) {
  auto s = std::make_shared<submission>(submission{turn->a, to, std::move(w)});
  look_for_key(s, std::move(turn));
}

} // namespace callboard
