#include "bench/measures.hpp"
#include "bench/process_stats.hpp"
#include "bench/submits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

namespace callboard::bench {

namespace {

using wall_clock = std::chrono::system_clock;

constexpr std::chrono::milliseconds probe_every{5};
constexpr std::chrono::seconds probed_before{2};
constexpr std::chrono::minutes patience{10};
constexpr std::string_view stamped_payload = R"({"stamp":true})";

/// A layer of the graph, whose queue is paused: what one job holds up is twice as much in each.
std::vector<std::string> submit_layer(rest_client& rest, const options& o, uint64_t jobs,
                                      const std::vector<std::string>& before) {
  std::string body = "[";
  for (uint64_t i = 0; i < jobs; ++i) {
    auto more = std::string{R"(,"queue":"graph")"};
    if (!before.empty())
      more += R"(,"dependencies":[")" + before[i] + "\",\"" + before[i == 0 ? 1 : i / 2] + "\"]";
    if (i != 0)
      body += ',';
    body += job_text("noop", "{}", o.durability, more);
  }
  std::string answer;
  const auto status = rest.exchange(make_request("POST", "/api/jobs/batch", body + ']'), &answer);
  const auto parsed = nlohmann::json::parse(answer);
  if (status >= 300 || parsed.at("rejected") != 0)
    throw std::runtime_error("a layer was answered " + std::to_string(status) + " " + answer.substr(0, 500));
  std::vector<std::string> ids;
  for (const auto& job : parsed.at("items"))
    ids.push_back(job.at("jobID").get<std::string>());
  return ids;
}

struct probe {
  wall_clock::time_point sent;
  std::chrono::nanoseconds answered;
  std::string id;
};

/// Jobs of another queue, one after the other, until told.
std::vector<probe> keep_probing(const endpoint& server, const options& o, const std::atomic<bool>& enough) {
  rest_client rest(server);
  const auto request = single_submit(job_text("noop", stamped_payload, o.durability, R"(,"queue":"other")"));
  std::vector<probe> out;
  for (auto due = steady::now(); !enough.load(); due = std::max(due + probe_every, steady::now())) {
    std::this_thread::sleep_until(due);
    const auto sent = wall_clock::now();
    const auto began = steady::now();
    std::string body;
    if (rest.exchange(request, &body) == 201)
      out.push_back({sent, steady::now() - began, submitted_id(body)});
  }
  return out;
}

/// From the moment when it was sent to the beginning of its handler.
void put_latencies(json_line& figures, const std::string& name, rest_client& rest, const std::vector<probe>& probes,
                   size_t from, size_t to) {
  latencies started, answered;
  for (auto i = from; i < to; ++i) {
    answered.add(probes[i].answered);
    auto job = rest.call("GET", "/api/jobs/" + probes[i].id);
    for (const auto asked = steady::now(); job.at("status") != "completed";
         job = rest.call("GET", "/api/jobs/" + probes[i].id))
      if (steady::now() - asked > patience)
        throw std::runtime_error("a job of the other queue does not complete");
    const auto at =
      wall_clock::time_point{std::chrono::microseconds{job.at("result").at("startedAtUs").get<int64_t>()}};
    started.add(at - probes[i].sent);
  }
  json_line part{{"jobs", started.count()}};
  started.put(part);
  part["ack_max_us"] = answered.percentile(1);
  figures[name] = part;
}

} // namespace

void measure_graph(const options& o, journal& out) {
  scratch_directory scratch(o.directory);
  server_process server(server_for(o, scratch, o.workers));
  rest_client rest(server.http());
  wait_for_workers(rest, o.workers);
  rest.call("PUT", "/api/queues/graph", {{"paused", true}});
  const auto width = std::max<uint64_t>(o.graph_jobs / o.graph_depth, 2);
  std::vector<std::string> first, layer;
  for (uint64_t i = 0; i < o.graph_depth; ++i) {
    layer = submit_layer(rest, o, width, layer);
    if (i == 0)
      first = layer;
  }

  std::atomic<bool> enough{false};
  std::vector<probe> probes;
  std::thread other([&] { probes = keep_probing(server.http(), o, enough); });
  const auto stop_probing = [&] {
    enough = true;
    if (other.joinable())
      other.join();
  };
  struct at_end {
    const decltype(stop_probing)& stop;
    ~at_end() {
      stop();
    }
  } whatever_happens{stop_probing};
  std::this_thread::sleep_for(probed_before);
  const auto unsuccessful = [&] { return read_progress(rest).unsuccessful; };
  const cpu_meter cpu(server.pid());
  const auto before = memory_of(server.pid()).resident;
  const auto began = steady::now();
  const auto began_wall = wall_clock::now();
  // Answered when all of it is written, or with 503 when that takes longer than a request may.
  const auto status = rest.exchange(make_request("POST", "/api/jobs/" + first.front() + "/cancel"));
  const auto answered = steady::now() - began;
  // All that wait for it, directly or not.
  uint64_t expected = 0;
  for (uint64_t i = 0, reached = 1; i < o.graph_depth; ++i, reached = std::min(2 * reached, width))
    expected += reached;
  while (unsuccessful() < expected) {
    if (steady::now() - began > patience)
      throw std::runtime_error("the graph did not settle within ten minutes");
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  const auto took = steady::now() - began;
  stop_probing();

  json_line figures{
    {"settled", expected}, {"status", status}, {"answer_ms", to_ms(answered)}, {"settle_ms", to_ms(took)}};
  cpu.put(figures, expected);
  figures["memory_before"] = before;
  figures["memory_after"] = memory_of(server.pid()).resident;
  const auto during = static_cast<size_t>(
    std::find_if(probes.begin(), probes.end(), [&](const auto& p) { return p.sent >= began_wall; }) - probes.begin());
  put_latencies(figures, "other_before", rest, probes, 0, during);
  put_latencies(figures, "other_meanwhile", rest, probes, during, probes.size());
  out.add("graph", {{"jobs", width * o.graph_depth}, {"depth", o.graph_depth}, {"durability", o.durability}}, figures);
}

} // namespace callboard::bench
