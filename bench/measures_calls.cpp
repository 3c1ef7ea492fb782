#include "bench/measures.hpp"
#include "bench/process_stats.hpp"
#include "bench/rest_client.hpp"
#include "bench/submits.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

namespace callboard::bench {

namespace {

/// Every list and status call, with filters that match at once, rarely, and never. {} is the id of a waiting job, {f}
/// of one that has ended.
constexpr std::array calls{
  "/api/jobs",
  "/api/jobs?limit=1000",
  "/api/jobs?include=payload,result",
  "/api/jobs?status=queued",
  "/api/jobs?status=queued,completed",
  "/api/jobs/status/completed",
  "/api/jobs/status/failed",
  "/api/jobs/status/running",
  "/api/jobs?status=failed,cancelled",
  "/api/jobs?type=noop",
  "/api/jobs?type=exec",
  "/api/jobs?queue=default&status=completed",
  "/api/jobs?queue=default&status=completed,failed",
  "/api/jobs?queue=rare",
  "/api/jobs?queue=none",
  "/api/jobs?tag=rare",
  "/api/jobs?tag=none",
  "/api/jobs?priority=9",
  "/api/jobs?status=completed&priority=9",
  "/api/jobs?to=2001-01-01T00:00:00Z",
  "/api/jobs?cursor={}",
  "/api/jobs?cursor={f}",
  "/api/jobs/counts?queue=default",
  "/api/jobs/counts?type=noop",
  "/api/jobs/counts?tag=none",
  "/api/dead?summary=true",
  "/api/queues",
  "/api/workflows",
  "/api/reports/jobs",
  "/api/alerts?state=firing",
  "/api/jobs/{}",
  "/api/jobs/{f}",
  "/api/jobs/{f}/history",
  "/api/jobs/{f}/logs",
  "/api/workers",
  "/api/workers/scale",
  "/api/actors",
  "/api/metrics/jobs",
  "/api/metrics/workers",
  "/metrics",
  "/api/health",
  "/api/status",
};

void replace(std::string& text, std::string_view what, const std::string& with) {
  if (const auto at = text.find(what); at != std::string::npos)
    text.replace(at, what.size(), with);
}

std::string some_id(rest_client& rest, const std::string& status) {
  const auto page = rest.call("GET", "/api/jobs/status/" + status + "?limit=1");
  return page.at("jobs").at(0).at("id").get<std::string>();
}

} // namespace

void measure_calls(const options& o, journal& out) {
  constexpr uint64_t rare = 3;
  const auto depth = o.depths.front();
  scratch_directory scratch(o.directory);
  auto with = server_for(o, scratch, o.workers);
  with.settings.push_back("store.retain_count=" + std::to_string(o.finished + 1000));
  server_process server(with);
  rest_client rest(server.http());
  wait_for_workers(rest, o.workers);
  fill(server.http(), rare, rare,
       job_text("noop", mail_payload, o.durability, R"(,"queue":"rare","tags":["rare"],"priority":9)"));
  fill(server.http(), o.finished, fill_batch, job_text("noop", mail_payload, o.durability));
  wait_until_finished(rest, o.finished + rare);
  rest.call("POST", "/api/workers/scale", {{"workers", 0}});
  while (rest.call("GET", "/api/workers/scale").at("actual").get<uint64_t>() != 0)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  fill(server.http(), depth, fill_batch, job_text("noop", mail_payload, o.durability));

  const auto waiting_id = some_id(rest, "queued");
  const auto finished_id = some_id(rest, "completed");
  latencies all;
  double worst = 0;
  std::string worst_call;
  for (std::string call : calls) {
    auto target = call;
    replace(target, "{f}", finished_id);
    replace(target, "{}", waiting_id);
    const auto request = make_request("GET", target);
    latencies taken;
    std::string body;
    for (uint64_t i = 0; i < o.calls; ++i) {
      const auto begin = steady::now();
      const auto status = rest.exchange(request, &body);
      const auto d = steady::now() - begin;
      if (status != 200)
        throw std::runtime_error(target + " was answered " + std::to_string(status) + " " + body.substr(0, 300));
      taken.add(d);
      all.add(d);
    }
    json_line figures;
    taken.put(figures);
    figures["bytes"] = body.size();
    if (const double p99 = taken.percentile(0.99); p99 >= worst) {
      worst = p99;
      worst_call = call;
    }
    out.add("call", {{"call", call}, {"waiting", depth}, {"finished", o.finished}}, figures);
  }
  json_line figures;
  all.put(figures);
  figures["worst_p99_us"] = worst;
  figures["worst_call"] = worst_call;
  out.add("calls", {{"waiting", depth}, {"finished", o.finished}}, figures);
}

void measure_idle(const options& o, journal& out) {
  scratch_directory scratch(o.directory);
  server_process server(server_for(o, scratch, o.workers));
  rest_client rest(server.http());
  wait_for_workers(rest, o.workers);
  const uint64_t jobs = o.workers * o.slots * 10;
  fill(server.http(), jobs, jobs, job_text("noop", mail_payload, o.durability));
  wait_until_finished(rest, jobs);
  const auto pause =
    std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(o.idle_seconds));
  std::this_thread::sleep_for(pause / 3); // what the jobs have left behind ends

  const auto nanoseconds_of = [](const std::map<std::string, std::chrono::nanoseconds>& threads) {
    std::chrono::nanoseconds sum{0};
    for (const auto& [name, spent] : threads)
      sum += spent;
    return sum;
  };
  const auto workers = descendants_of(server.pid());
  const auto of_workers = [&] {
    std::chrono::nanoseconds sum{0};
    for (auto pid : workers)
      sum += nanoseconds_of(cpu_time_by_thread(pid));
    return sum;
  };
  const auto cpu = nanoseconds_of(cpu_time_by_thread(server.pid()));
  const auto cpu_workers = of_workers();
  const auto switches = context_switches_of(server.pid());
  const auto by_thread = voluntary_switches_by_thread(server.pid());
  const auto begin = steady::now();
  std::this_thread::sleep_for(pause);
  const std::chrono::duration<double> elapsed = steady::now() - begin;
  const auto percent = [&](std::chrono::nanoseconds d) {
    return rounded(100 * std::chrono::duration<double>(d).count() / elapsed.count());
  };
  const auto rate = [&](uint64_t n) { return rounded(static_cast<double>(n) / elapsed.count()); };
  json_line threads = json_line::object();
  for (const auto& [name, count] : voluntary_switches_by_thread(server.pid())) {
    const auto before = by_thread.find(name);
    if (const auto more = count - (before == by_thread.end() ? 0 : before->second); more)
      threads[name] = rate(more);
  }
  const auto after = context_switches_of(server.pid());
  out.add("idle", {{"workers", o.workers}},
          {{"seconds", rounded(elapsed.count())},
           {"server_cpu_percent", percent(nanoseconds_of(cpu_time_by_thread(server.pid())) - cpu)},
           {"workers_cpu_percent", percent(of_workers() - cpu_workers)},
           {"wakeups_per_second", rate(after.voluntary - switches.voluntary)},
           {"interrupted_per_second", rate(after.involuntary - switches.involuntary)},
           {"wakeups_by_thread", threads}});
}

} // namespace callboard::bench
