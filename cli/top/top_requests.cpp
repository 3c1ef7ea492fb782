#include "cli/explain_print.hpp"
#include "cli/job_print.hpp"
#include "cli/limit_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/top/top_source.hpp"

#include <memory>
#include <sstream>
#include <utility>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// More rows than this are reached by a filter, not by pressing a key.
constexpr uint64_t rows_max = 200;

std::string address_of(pane p, const std::string& id) {
  switch (p) {
  case pane::queues:
    return "/api/queues/" + url_escaped(id);
  case pane::types:
    return "/api/types/" + url_escaped(id);
  case pane::workers:
    return "/api/workers/" + url_escaped(id);
  case pane::jobs:
    return job_target(id);
  }
  return {};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(std::move(line));
  return out;
}

/// What Enter shows.
std::vector<std::string> details_of(scheduler_client& client, const top_act& act, time_point now) {
  std::ostringstream out;
  const palette colours;
  switch (act.of) {
  case pane::jobs:
    print_explanation(out, client.json("GET", job_target(act.target, "/explain")), now, colours);
    out << '\n';
    print_job(out, client.json("GET", job_target(act.target)), now, colours);
    break;
  case pane::queues:
  case pane::types:
    print_limit(out, client.json("GET", address_of(act.of, act.target)), now, colours);
    break;
  case pane::workers: {
    const auto worker = client.json("GET", address_of(act.of, act.target) + "/status");
    for (const auto& [name, value] : worker.items())
      out << name << "  " << printable(value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
    break;
  }
  }
  return lines_of(out.str());
}

struct act_request {
  const char *method, *rest, *body, *done;
};

act_request request_of(top_act::kind what) {
  using kind = top_act::kind;
  switch (what) {
  case kind::cancel:
    return {"POST", "/cancel", "", "is cancelled"};
  case kind::retry:
    return {"POST", "/retry", "", "is tried again"};
  case kind::drain:
    return {"POST", "/drain", "{}", "finishes its jobs, then leaves"};
  case kind::pause:
    return {"POST", "/pause", "", "is paused; what runs goes on"};
  case kind::resume:
    return {"POST", "/resume", "", "goes on"};
  default:
    return {"", "", "", ""};
  }
}

} // namespace

std::vector<top_news> look_at_server(scheduler_client& client, rest_client& health, job_view view,
                                     const program_context& context) {
  std::vector<top_news> out;
  // A scheduler that is not ready answers 503, with the reasons.
  const auto answer = health.call("GET", "/api/health");
  if (!answer) {
    out.push_back([why = answer.err().message](top_model& m) { m.take_silence(why); });
    return out;
  }
  const auto state = json::parse(answer->body, nullptr, false);
  if (!state.is_object() || !state.contains("components")) {
    out.push_back(
      [server = health.server()](top_model& m) { m.take_silence("what answers at " + server + " is no scheduler"); });
    return out;
  }
  out.push_back([state](top_model& m) { m.take_health(state); });
  const auto page = [](const char* address) { return query_builder{address}.add("limit", rows_max).target(); };
  const auto jobs = query_builder{"/api/jobs"}.add("status", statuses_of(view)).add("limit", rows_max).target();
  const std::pair<pane, std::string> wanted[] = {{pane::types, "/api/metrics/jobs"},
                                                 {pane::queues, page("/api/queues")},
                                                 {pane::workers, "/api/workers"},
                                                 {pane::jobs, jobs}};
  for (const auto& [of, target] : wanted)
    try {
      auto body = client.json("GET", target);
      out.push_back([p = of, body = std::move(body), now = context.now()](top_model& m) {
        p == pane::types ? m.take_metrics(body, now) : m.take(p, body, now);
      });
    } catch (const command_failure& e) {
      // A scheduler that starts lists nothing yet; its health says so.
      if (e.code() == exit_unreachable)
        out.push_back([why = std::string{e.what()}](top_model& m) { m.take_silence(why); });
    }
  return out;
}

top_news perform_act(scheduler_client& client, const top_act& act, const program_context& context) {
  try {
    if (act.what == top_act::kind::show) {
      auto lines = details_of(client, act, context.now());
      return [title = printable(act.target), lines = std::move(lines)](top_model& m) { m.take_details(title, lines); };
    }
    const auto r = request_of(act.what);
    client.text(r.method, address_of(act.of, act.target) + r.rest, r.body);
    return [text = act.target + " " + r.done](top_model& m) { m.take_answer(text, true); };
  } catch (const command_failure& e) {
    return [text = act.target + ": " + e.what()](top_model& m) { m.take_answer(text, false); };
  }
}

} // namespace callboard
