#include "bench/measures.hpp"
#include "bench/process_stats.hpp"
#include "bench/rest_client.hpp"
#include "bench/slot_gate.hpp"
#include "bench/submits.hpp"

#include <boost/system/system_error.hpp>

#include <atomic>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace callboard::bench {

namespace {

constexpr auto mib = 1u << 20;
constexpr std::chrono::milliseconds probe_every{1};
constexpr std::chrono::minutes restart_patience{3};

uint64_t bytes_below(const std::filesystem::path& directory) {
  uint64_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      sum += entry.file_size();
  return sum;
}

} // namespace

json_line drain(const options& o, uint64_t jobs, const fill_function& fill_with) {
  scratch_directory scratch(o.directory);
  server_process server(server_for(o, scratch, o.workers));
  rest_client rest(server.http());
  wait_for_workers(rest, o.workers);
  slot_gate gate(rest, scratch.path(), o.workers * o.slots);
  fill_with(server.http(), rest);

  const cpu_meter cpu(server.pid());
  const auto opened = steady::now();
  gate.open();
  seen_progress first;
  do {
    first = {steady::now(), read_progress(rest)};
    if (first.at - opened > restart_patience)
      throw std::runtime_error("no job ended within three minutes of freeing the slots");
  } while (first.what.completed <= gate.slots());
  const auto end = wait_until_finished(rest, jobs + gate.slots());
  const auto measured = end.what.completed - first.what.completed;
  json_line figures{{"per_second", per_second(measured, end.at - first.at)},
                    {"seconds", to_seconds(end.at - opened)},
                    {"first_end_ms", to_ms(first.at - opened)}};
  cpu.put(figures, jobs);
  return figures;
}

void measure_drain(const options& o, journal& out) {
  constexpr uint64_t shallow = 100'000; // below, one drain is too short to be exact
  std::vector<double> rates;
  for (auto jobs : o.drains) {
    std::vector<double> of_rounds;
    json_line figures;
    for (uint32_t round = 0; round < (jobs < shallow ? o.rounds : 1); ++round) {
      figures = drain(o, jobs, [&](const endpoint& server, rest_client&) {
        fill(server, jobs, fill_batch, job_text("noop", mail_payload, o.durability));
      });
      of_rounds.push_back(figures.at("per_second").get<double>());
    }
    if (of_rounds.size() > 1) {
      figures["per_second"] = median(of_rounds);
      figures["per_second_rounds"] = of_rounds;
    }
    rates.push_back(figures.at("per_second").get<double>());
    out.add("drain", {{"jobs", jobs}, {"workers", o.workers}, {"slots", o.slots}, {"durability", o.durability}},
            figures);
  }
  if (rates.size() > 1 && rates.front() > 0)
    out.add("drain_ratio", {{"deep", o.drains.back()}, {"shallow", o.drains.front()}},
            {{"ratio", rounded(rates.back() / rates.front())}});
}

void measure_memory(const options& o, journal& out) {
  for (auto depth : o.depths) {
    scratch_directory scratch(o.directory);
    server_process server(server_for(o, scratch, 0));
    const auto job = job_text("noop", mail_payload, o.durability);
    rest_client rest(server.http());
    const auto empty = memory_of(server.pid());
    auto filled = fill(server.http(), depth, fill_batch, job);
    const auto full = memory_of(server.pid());
    if (const auto p = read_progress(rest); p.waiting != depth)
      throw std::runtime_error("the queue has " + std::to_string(p.waiting) + " jobs instead of " +
                               std::to_string(depth));
    std::this_thread::sleep_for(std::chrono::duration<double>(o.settle_seconds));
    const auto settled = memory_of(server.pid());
    const auto per_job = [&](uint64_t bytes, uint64_t of_empty) {
      return bytes > of_empty ? rounded(static_cast<double>(bytes - of_empty) / static_cast<double>(depth)) : 0;
    };
    out.add("memory", {{"depth", depth}},
            {{"rss_empty_mib", empty.resident / mib},
             {"rss_mib", full.resident / mib},
             {"rss_settled_mib", settled.resident / mib},
             {"bytes_per_job", per_job(full.resident, empty.resident)},
             {"settled_bytes_per_job", per_job(settled.resident, empty.resident)},
             {"anonymous_bytes_per_job", per_job(settled.anonymous, empty.anonymous)},
             {"disk_bytes_per_job", per_job(bytes_below(scratch.path()), 0)},
             {"fill_per_second", per_second(filled.jobs, filled.elapsed)}});
  }
}

namespace {

/// Submits a job again and again, each over a connection of its own, until one is answered 201.
steady::time_point first_accepted(const endpoint& server, const std::string& request, const std::atomic<bool>& stop) {
  while (!stop) {
    try {
      if (rest_client(server).exchange(request) == 201)
        return steady::now();
    } catch (const boost::system::system_error&) {
      // Nobody listens yet.
    }
    std::this_thread::sleep_for(probe_every);
  }
  return {};
}

void measure_restart_of(const options& o, journal& out, uint64_t jobs) {
  scratch_directory scratch(o.directory);
  const auto job = job_text("noop", mail_payload, o.durability);
  auto with = server_for(o, scratch, 0);
  with.port = free_port();
  {
    server_process server(with);
    fill(server.http(), jobs, fill_batch, job);
    server.kill();
  }
  with.workers = o.workers;
  std::atomic<bool> given_up{false};
  steady::time_point accepted;
  std::optional<server_process> server;
  const auto begin = steady::now();
  {
    const auto request = single_submit(job);
    std::jthread probe{[&] { accepted = first_accepted({"127.0.0.1", with.port}, request, given_up); }};
    try {
      server.emplace(with);
    } catch (...) {
      given_up = true;
      throw;
    }
  }
  rest_client rest(server->http());
  progress p = read_progress(rest);
  while (p.started == 0) {
    if (steady::now() - begin > restart_patience)
      throw std::runtime_error("no job started within three minutes of the restart");
    std::this_thread::sleep_for(probe_every);
    p = read_progress(rest);
  }
  const auto dispatched = steady::now();
  const auto rss = memory_of(server->pid()).resident;
  wait_until_finished(rest, jobs + 1); // nothing was lost: the jobs from before the kill, and the probe
  out.add("restart", {{"jobs", jobs}, {"durability", o.durability}},
          {{"accepts_ms", to_ms(accepted - begin)},
           {"ready_line_ms", to_ms(server->ready_after())},
           {"dispatches_ms", to_ms(dispatched - begin)},
           {"rss_mib", rss / mib}});
}

} // namespace

void measure_restart(const options& o, journal& out) {
  for (auto jobs : o.depths)
    measure_restart_of(o, out, jobs);
}

} // namespace callboard::bench
