#include "cli/doctor/checks.hpp"
#include "cli/job_print.hpp"

#include <curl/curl.h>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

finding nobody_answers() {
  return {check_result::skipped, "no scheduler answers"};
}

bool is_alive(const json& worker) {
  const auto status = member_text(worker, "status");
  return (status == "idle" || status == "working") && member_text(worker, "suspect") != "true";
}

bool is_kept_back(const json& worker) {
  const auto breaker = worker.find("breaker");
  return breaker != worker.end() && breaker->is_object() && member_text(*breaker, "state") == "open";
}

} // namespace

server_answers ask_server(const program_context& context, const client_flags& flags) {
  server_answers out;
  out.server = server_of(context, flags);
  const auto set = context.environment.find("CALLBOARD_SERVER");
  out.named = !flags.server.empty() || (set != context.environment.end() && !set->second.empty());
  rest_client client{out.server, duration_flag("--request-timeout", flags.timeout)};
  out.asked = context.now();
  const auto health = client.call("GET", "/api/health");
  out.answered = context.now();
  if (!health) {
    out.why_silent = health.err().message;
    return out;
  }
  // A scheduler that is not ready answers 503, and says why.
  out.health = json::parse(health->body, nullptr, false);
  if (!out.health.is_object() || !out.health.contains("components")) {
    out.why_silent =
      "what answers at " + out.server + " is no scheduler (HTTP status " + std::to_string(health->status) + ")";
    return out;
  }
  if (const auto at = ::curl_getdate(health->date.c_str(), nullptr); at > 0)
    out.date = time_point{std::chrono::seconds{at}};
  if (const auto workers = client.call("GET", "/api/workers"); workers && workers->status == 200) {
    const auto body = json::parse(workers->body, nullptr, false);
    if (body.is_object() && body.contains("workers") && body["workers"].is_array())
      out.workers = body["workers"];
  }
  return out;
}

finding check_server(const examined& x) {
  if (!x.server_is_there())
    return {x.server.named ? check_result::failed : check_result::warning, x.server.why_silent,
            x.server.named ? "is it running, and is the address right (--server, CALLBOARD_SERVER)?"
                           : "start one with `callboard serve`, or name one with --server"};
  const auto theirs = member_text(x.server.health, "version");
  const auto text = x.server.server + " answers, version " + theirs;
  if (theirs != x.version)
    return {check_result::warning, text + "; this program is " + x.version,
            "use programs of one version: newer flags may be refused by an older scheduler"};
  return {check_result::ok, text};
}

finding check_store(const examined& x) {
  if (!x.server_is_there())
    return nobody_answers();
  const auto& components = x.server.health["components"];
  std::string bad;
  if (components.is_array())
    for (const auto& c : components)
      if (c.is_object() && member_text(c, "ok") != "true")
        bad += (bad.empty() ? "" : "; ") + member_text(c, "name") + ": " + member_text(c, "detail");
  if (!bad.empty())
    return {check_result::failed, bad, "the scheduler's log says more; `callboard actors` shows what was restarted"};
  if (member_text(x.server.health, "ready") != "true")
    return {check_result::failed, "the scheduler is not ready", "wait until it has read its store, and look again"};
  return {check_result::ok, "the store and all other components are good"};
}

finding check_workers(const examined& x) {
  if (!x.server_is_there())
    return nobody_answers();
  if (!x.server.workers.is_array())
    return {check_result::skipped, "the scheduler does not list its workers now"};
  size_t alive = 0;
  std::string odd;
  for (const auto& w : x.server.workers) {
    if (!w.is_object())
      continue;
    const bool good = is_alive(w), kept_back = is_kept_back(w);
    alive += good ? 1 : 0;
    if (!good || kept_back)
      odd += (odd.empty() ? "" : ", ") + member_text(w, "id") + " is " +
             (kept_back                             ? "kept back (breaker)"
              : member_text(w, "suspect") == "true" ? "suspect"
                                                    : member_text(w, "status"));
  }
  const auto text = std::to_string(alive) + " alive" + (odd.empty() ? "" : "; " + odd);
  if (alive == 0)
    return {check_result::failed, text,
            "nothing runs without workers: `callboard scale N`, or `callboard worker --join`"};
  if (!odd.empty())
    return {check_result::warning, text, "`callboard workers` shows more, their logs say why"};
  return {check_result::ok, text};
}

} // namespace callboard
