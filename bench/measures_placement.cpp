#include "bench/child.hpp"
#include "bench/measures.hpp"
#include "bench/process_stats.hpp"
#include "bench/rest_client.hpp"
#include "bench/submits.hpp"

#include <algorithm>
#include <stdexcept>

namespace callboard::bench {

namespace {

/// Processes that the workers of the fleet are spread over.
constexpr uint32_t fleet_processes = 8;
/// Jobs that one refill submits at most.
constexpr uint64_t refill_max = 1000;

/// Shape `i` asks for its own amount of cpu and memory, so little that its slot is what a job waits for.
std::string job_of_shape(const options& o, uint32_t i) {
  return job_text("noop", mail_payload, o.durability,
                  R"(,"resources":{"cpu":)" + std::to_string(i + 1) + R"(e-3,"memory":)" +
                    std::to_string((i + 1) << 20) + "}");
}

/// A request that submits `count` jobs, the shapes in turn.
std::string batch_of_shapes(const options& o, uint64_t count) {
  std::string body = "[";
  for (uint64_t i = 0; i < count; ++i)
    body.append(i ? "," : "").append(job_of_shape(o, static_cast<uint32_t>(i % o.shapes)));
  return make_request("POST", "/api/jobs/batch", body + "]");
}

std::filesystem::path fleet_program(const options& o) {
  return o.fleet.empty() ? std::filesystem::read_symlink("/proc/self/exe").parent_path() / "callboard-bench-fleet"
                         : std::filesystem::path{o.fleet};
}

/// Keeps `depth` jobs waiting, whatever is done of them, and looks at how many end. Jobs are submitted while they are
/// dispatched, at every depth the same way, because 1,000 jobs alone would be over before a rate can be told.
json_line dispatch_at(const options& o, uint64_t depth) {
  scratch_directory scratch(o.directory);
  auto with = server_for(o, scratch, 0);
  // The signs of life of two hundred workers on one machine are not what is measured.
  for (const auto* setting : {"cluster.heartbeat=5s", "cluster.suspect_after=20s", "cluster.lease=60s"})
    with.settings.emplace_back(setting);
  server_process server(with);
  rest_client rest(server.http());

  std::vector<std::string> batches; // of once, twice ... all shapes
  for (uint64_t n = o.shapes; n <= std::max<uint64_t>(refill_max, o.shapes); n += o.shapes)
    batches.push_back(batch_of_shapes(o, n));
  // Before there are workers, or it would have to be faster than they are.
  for (auto p = read_progress(rest); p.waiting + refill_max <= depth && p.waiting + o.shapes <= depth;
       p = read_progress(rest))
    rest.exchange(batches.back());

  std::vector<child> fleet;
  for (uint32_t i = 0, left = o.fleet_workers; left > 0; ++i) {
    const auto here = (left + fleet_processes - i - 1) / (fleet_processes - i);
    fleet.emplace_back(std::vector<std::string>{
      fleet_program(o).string(), "--join", server.cluster().host + ":" + std::to_string(server.cluster().port), "--tls",
      (scratch.path() / "db" / "tls").string(), "--name", "fleet-" + std::to_string(i), "--workers",
      std::to_string(here), "--slots", std::to_string(o.slots)});
    left -= here;
  }
  wait_for_workers(rest, o.fleet_workers);

  auto waiting_min = depth;
  const auto keep_full_for = [&](std::chrono::duration<double> d, bool counted) {
    const auto end = steady::now() + std::chrono::duration_cast<steady::duration>(d);
    auto p = read_progress(rest);
    while (steady::now() < end) {
      p = read_progress(rest);
      if (p.unsuccessful)
        throw std::runtime_error(std::to_string(p.unsuccessful) + " jobs did not succeed");
      if (counted)
        waiting_min = std::min(waiting_min, p.waiting);
      if (p.waiting + o.shapes > depth)
        continue;
      const auto rounds = std::min<uint64_t>((depth - p.waiting) / o.shapes, batches.size());
      std::string body;
      if (rest.exchange(batches[rounds - 1], &body) >= 300 || body.find("\"rejected\":0") == std::string::npos)
        throw std::runtime_error("a batch was answered " + body.substr(0, 500));
    }
    return seen_progress{steady::now(), p};
  };
  const auto begin = keep_full_for(std::chrono::duration<double>{o.seconds / 5}, false);
  const cpu_meter cpu(server.pid());
  const auto end = keep_full_for(std::chrono::duration<double>{o.seconds}, true);
  const auto jobs = end.what.completed - begin.what.completed;
  json_line figures{{"per_second", per_second(jobs, end.at - begin.at)}, {"waiting_min", waiting_min}};
  cpu.put(figures, jobs);
  for (auto& process : fleet)
    process.kill();
  return figures;
}

} // namespace

void measure_placement(const options& o, journal& out) {
  std::vector<double> rates;
  for (auto depth : o.waiting) {
    const auto figures = dispatch_at(o, depth);
    rates.push_back(figures.at("per_second").get<double>());
    out.add("placement", {{"waiting", depth}, {"shapes", o.shapes}, {"workers", o.fleet_workers}, {"slots", o.slots}},
            figures);
  }
  if (rates.size() > 1 && rates.front() > 0)
    out.add("placement_ratio", {{"deep", o.waiting.back()}, {"shallow", o.waiting.front()}},
            {{"ratio", rounded(rates.back() / rates.front())}});
}

} // namespace callboard::bench
