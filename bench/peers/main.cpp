#include "bench/peers/engine.hpp"

#include <CLI/CLI.hpp>
#include <spawn.h>
#include <sys/wait.h>

#include <charconv>
#include <iostream>
#include <stdexcept>

// The load for servers with a wire protocol of their own, as lean as ours for Callboard. bench/peers/run.py starts the
// server and this; one JSON line on standard output says what was measured.

extern char** environ;

namespace {

using namespace callboard::bench;

constexpr std::string_view payload_begin =
  R"({"to":"user@example.com","subject":"Welcome","body":"Welcome to our service")";

struct peer_options {
  std::string protocol;
  endpoint server{"127.0.0.1", 0};
  uint32_t connections = 16;
  uint32_t window = 1;
  uint64_t jobs = 0;
  double seconds = 0;
  double rate = 200;
  uint32_t threads = 2;
  uint32_t slots = 4;
  uint32_t ahead = 1;
};

std::string plain_payload() {
  return std::string{payload_begin} + "}";
}

submitted fill(const peer_protocol& p, const peer_options& o, uint64_t jobs) {
  const auto payload = plain_payload();
  return submit_jobs(p, o.server, {.connections = o.connections, .window = o.window, .jobs = jobs},
                     [&](steady::time_point) -> std::string_view { return payload; });
}

json_line submit(const peer_protocol& p, const peer_options& o) {
  const auto payload = plain_payload();
  auto s =
    submit_jobs(p, o.server, {.connections = o.connections, .window = o.window, .jobs = o.jobs, .seconds = o.seconds},
                [&](steady::time_point) -> std::string_view { return payload; });
  json_line figures{{"jobs", s.jobs}, {"per_second", per_second(s.jobs, s.elapsed)}};
  s.latency.put(figures);
  return figures;
}

work_force::plan force(const peer_options& o) {
  return {.threads = o.threads, .connections = o.slots, .ahead = o.ahead};
}

void do_nothing(std::string_view) {
}

/// What is queued already is done by workers that come now.
json_line drain(const peer_protocol& p, const peer_options& o) {
  const auto begin = steady::now();
  work_force workers(p, o.server, force(o), do_nothing);
  const auto end = workers.wait_for(o.jobs);
  return {{"jobs", o.jobs}, {"per_second", per_second(o.jobs, end - begin)}};
}

/// Workers first, then jobs.
json_line e2e(const peer_protocol& p, const peer_options& o) {
  work_force workers(p, o.server, force(o), do_nothing);
  const auto warm = std::max<uint64_t>(o.jobs / 20, 1);
  fill(p, o, warm);
  workers.wait_for(warm);
  const auto begin = steady::now();
  auto s = fill(p, o, o.jobs);
  const auto end = workers.wait_for(warm + o.jobs);
  json_line figures{{"jobs", o.jobs}, {"per_second", per_second(o.jobs, end - begin)}};
  s.latency.put(figures, "ack_");
  return figures;
}

/// From when a job should have been submitted until a worker has it.
json_line latency(const peer_protocol& p, const peer_options& o) {
  constexpr std::string_view key = R"("due":)";
  std::mutex mutex;
  latencies to_start;
  uint64_t unmeasured = std::max<uint64_t>(static_cast<uint64_t>(o.rate * o.seconds / 10), 50);
  const auto warm = unmeasured;
  work_force workers(p, o.server, force(o), [&](std::string_view payload) {
    const auto now = steady::now();
    const auto at = payload.find(key);
    if (at == std::string_view::npos)
      throw std::runtime_error("a job of someone else");
    int64_t due = 0;
    std::from_chars(payload.data() + at + key.size(), payload.data() + payload.size(), due);
    const std::lock_guard guard(mutex);
    if (unmeasured > 0)
      --unmeasured;
    else
      to_start.add(now - steady::time_point{std::chrono::nanoseconds{due}});
  });
  std::string payload;
  const auto stamped = [&](steady::time_point due) -> std::string_view {
    payload = std::string{payload_begin} + ",";
    payload.append(key).append(std::to_string(due.time_since_epoch().count())).append("}");
    return payload;
  };
  const auto total = std::max<uint64_t>(static_cast<uint64_t>(o.rate * o.seconds), 1);
  submit_plan plan{.connections = o.connections, .window = UINT32_MAX, .jobs = warm, .rate = o.rate};
  submit_jobs(p, o.server, plan, stamped);
  workers.wait_for(warm);
  plan.jobs = total;
  submit_jobs(p, o.server, plan, stamped);
  workers.wait_for(warm + total);
  const std::lock_guard guard(mutex);
  json_line figures{{"jobs_per_second", o.rate}, {"jobs", to_start.count()}};
  to_start.put(figures);
  return figures;
}

/// Each job is a process; as many at a time as there are slots.
json_line exec(const peer_protocol& p, const peer_options& o) {
  work_force workers(p, o.server, {.threads = o.threads * o.slots, .connections = 1, .ahead = 1}, [](std::string_view) {
    std::string program = "/bin/true";
    char* argv[] = {program.data(), nullptr};
    pid_t pid = 0;
    int status = 0;
    if (::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ) != 0 ||
        ::waitpid(pid, &status, 0) != pid || status != 0)
      throw std::runtime_error("a process did not succeed");
  });
  const auto begin = steady::now();
  fill(p, o, o.jobs);
  const auto end = workers.wait_for(o.jobs);
  return {{"jobs", o.jobs}, {"per_second", per_second(o.jobs, end - begin)}};
}

struct row {
  const char* name;
  const char* summary;
  json_line (*run)(const peer_protocol&, const peer_options&);
};

constexpr row measures[] = {
  {"submit", "submits, for a time or a number of jobs", submit},
  {"drain", "works off what is queued", drain},
  {"e2e", "submits with workers there, until all is done", e2e},
  {"latency", "intended submit to start of the work, at a fixed rate", latency},
  {"exec", "each job is a process", exec},
};

} // namespace

int main(int argc, char** argv) {
  peer_options o;
  CLI::App app{"Load for the servers that Callboard is compared with; bench/peers/run.py uses it."};
  app.fallthrough();
  app.require_subcommand(1);
  app.add_option("--protocol", o.protocol, "what the server speaks")
    ->required()
    ->check(CLI::IsMember({"beanstalkd", "gearmand", "rabbitmq"}));
  app.add_option("--port", o.server.port, "of 127.0.0.1")->required();
  app.add_option("--connections", o.connections, "that submit")->check(CLI::PositiveNumber);
  app.add_option("--window", o.window, "submits under way per connection")->check(CLI::PositiveNumber);
  app.add_option("--jobs", o.jobs, "how many");
  app.add_option("--seconds", o.seconds, "submit, latency: how long");
  app.add_option("--rate", o.rate, "latency: jobs per second")->check(CLI::PositiveNumber);
  app.add_option("--threads", o.threads, "that work")->check(CLI::PositiveNumber);
  app.add_option("--slots", o.slots, "connections of each thread that works")->check(CLI::PositiveNumber);
  app.add_option("--ahead", o.ahead, "jobs that such a connection may hold")->check(CLI::PositiveNumber);
  for (const auto& m : measures)
    app.add_subcommand(m.name, m.summary);
  CLI11_PARSE(app, argc, argv);
  try {
    const auto protocol = o.protocol == "beanstalkd" ? make_beanstalkd()
                          : o.protocol == "gearmand" ? make_gearmand()
                                                     : make_rabbitmq();
    for (const auto& m : measures)
      if (app.got_subcommand(m.name))
        std::cout << m.run(*protocol, o).dump() << std::endl;
  } catch (const std::exception& e) {
    std::cerr << "callboard-bench-peers: " << e.what() << std::endl;
    return 1;
  }
  return 0;
}
