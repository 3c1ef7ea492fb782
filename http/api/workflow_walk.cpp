#include "http/api/workflow_walk.hpp"

#include "http/api/turn_loop.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

using steady = std::chrono::steady_clock;

list_request jobs_of(const workflow_turn& turn, const std::string& id) {
  list_request q;
  q.workflow = id;
  q.limit = std::min(http_limits::workflow_page_jobs, turn.a.http.list_limit_max);
  q.bytes_max = turn.a.http.list_bytes_max;
  return q;
}

/// One look at all jobs of a workflow.
void look(workflow_turn_ptr turn, const std::string& id, bool with_results,
          std::function<void(result<workflow_view>)> done) {
  auto query = jobs_of(*turn, id);
  query.result = with_results;
  auto view = std::make_shared<workflow_view>();
  auto visit = [view, with_results, bytes_max = query.bytes_max](const job_record& j) {
    // Jobs that others wait for come behind these, so of too many results those of the last jobs are kept.
    const bool fits = view->result_bytes() + j.result.size() <= bytes_max;
    if (with_results && !fits)
      view->leave_results_out();
    view->add(j, with_results && fits);
  };
  visit_jobs(std::move(turn), std::move(query), std::move(visit), [view, id, done](std::optional<error> e) {
    if (e)
      return done(std::move(*e));
    if (view->jobs().empty())
      return done(error{ec::not_found, "there is no workflow " + id, "id"});
    view->complete();
    done(std::move(*view));
  });
}

} // namespace

workflow_turn_ptr begin_workflow_turn(const api& a) {
  auto seat = bulk_seat::take();
  return seat ? std::make_shared<workflow_turn>(workflow_turn{a, std::move(*seat), bulk_end(a)}) : nullptr;
}

void visit_jobs(workflow_turn_ptr turn, list_request query, std::function<void(const job_record&)> visit,
                std::function<void(std::optional<error>)> done) {
  auto rest = std::make_shared<list_request>(std::move(query));
  turn_loop::run([turn, rest, visit, done](std::function<void()> next) {
    turn->a.back.list(*rest, [turn, rest, visit, done, next](result<job_list> page) {
      if (!page)
        return done(std::move(page).err());
      for (const auto& j : page->jobs)
        visit(*j);
      if (!page->next)
        return done(std::nullopt);
      if (steady::now() >= turn->until)
        return done(error{ec::overloaded, "the jobs of the workflow could not be read in time; try again later"});
      rest->below = page->next;
      next();
    });
  });
}

void load_workflow(workflow_turn_ptr turn, const std::string& id, workflow_results results,
                   std::function<void(result<workflow_view>)> done) {
  if (results != workflow_results::of_completed)
    return look(std::move(turn), id, results == workflow_results::all, std::move(done));
  look(turn, id, false, [turn, id, done](result<workflow_view> v) {
    if (!v || v->state() != workflow_state::completed)
      return done(std::move(v));
    look(turn, id, true, done);
  });
}

} // namespace callboard
