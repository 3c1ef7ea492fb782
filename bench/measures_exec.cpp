#include "bench/child.hpp"
#include "bench/measures.hpp"
#include "bench/process_stats.hpp"
#include "bench/rest_client.hpp"
#include "bench/submits.hpp"

namespace callboard::bench {

namespace {

constexpr uint64_t exec_batch = 100;

} // namespace

void measure_exec(const options& o, journal& out) {
  const auto parallel = o.workers * o.slots;
  const auto count = std::max<uint64_t>(o.processes / o.rounds, 1);
  const auto job = job_text("exec", R"({"argv":["/bin/true"]})", o.durability);

  // Alternating, so that both see the same machine. The bare ones run while there is no child of ours to wait for.
  std::vector<double> bare, ours;
  json_line usage;
  for (uint32_t round = 0; round < o.rounds; ++round) {
    bare.push_back(bare_process_rate(count, parallel));
    scratch_directory scratch(o.directory);
    server_process server(server_for(o, scratch, o.workers));
    rest_client rest(server.http());
    wait_for_workers(rest, o.workers);
    const auto warm = std::max<uint64_t>(count / 10, 1);
    fill(server.http(), warm, exec_batch, job);
    wait_until_finished(rest, warm);
    const cpu_meter cpu(server.pid());
    const auto begin = steady::now();
    fill(server.http(), count, exec_batch, job);
    const auto end = wait_until_finished(rest, warm + count).at;
    ours.push_back(static_cast<double>(count) / std::chrono::duration<double>(end - begin).count());
    cpu.put(usage, count);
  }
  json_line figures{{"jobs", count * o.rounds},
                    {"per_second", std::round(median(ours))},
                    {"bare_per_second", std::round(median(bare))},
                    {"ratio", rounded(median(ours) / median(bare))}};
  figures.update(usage);
  out.add("exec", {{"program", "/bin/true"}, {"parallel", parallel}, {"durability", o.durability}}, figures);
}

} // namespace callboard::bench
