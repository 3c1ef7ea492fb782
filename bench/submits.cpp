#include "bench/submits.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace callboard::bench {

namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::chrono::nanoseconds poll_every_min = std::chrono::milliseconds{1};
/// The rate of the first moments says little about the rest: a longer pause would overlook the end of a short drain.
constexpr std::chrono::nanoseconds poll_every_max = std::chrono::milliseconds{20};
/// While there is no rate to go by.
constexpr std::chrono::milliseconds poll_every{5};

[[noreturn]] void refuse(const response& r) {
  throw std::runtime_error("a submit was answered " + std::to_string(r.status) + " " +
                           std::string{r.body.substr(0, 500)});
}

} // namespace

std::string job_text(std::string_view type, std::string_view payload, std::string_view durability,
                     std::string_view extra_fields) {
  std::string out = R"({"jobType":")";
  out.append(type).append(R"(","durability":")").append(durability).append(R"(","payload":)").append(payload);
  out.append(extra_fields).append("}");
  return out;
}

std::string single_submit(const std::string& job) {
  return make_request("POST", "/api/jobs/submit", job);
}

std::string batch_submit(uint64_t count, const std::string& job) {
  std::string body = "[";
  body.reserve((job.size() + 1) * count + 2);
  for (uint64_t i = 0; i < count; ++i) {
    if (i)
      body += ',';
    body += job;
  }
  body += ']';
  return make_request("POST", "/api/jobs/batch", body);
}

std::string submitted_id(std::string_view body) {
  constexpr std::string_view key = "\"jobID\"";
  auto at = body.find(key);
  if (at != std::string_view::npos) {
    auto begin = body.find('"', at + key.size());
    auto end = begin == std::string_view::npos ? begin : body.find('"', begin + 1);
    if (end != std::string_view::npos)
      return std::string{body.substr(begin + 1, end - begin - 1)};
  }
  throw std::runtime_error("an answer without jobID: " + std::string{body.substr(0, 200)});
}

void failure_count::add(const response& r) {
  if (by_status_.empty())
    example_ = r.body.substr(0, 300);
  ++by_status_[r.status];
}

void failure_count::put(json_line& figures) const {
  if (by_status_.empty())
    return;
  auto& out = figures["failures"] = json_line::object();
  for (auto [status, count] : by_status_)
    out[std::to_string(status)] = count;
  figures["failure_example"] = example_;
}

filled fill(const endpoint& server, uint64_t jobs, uint64_t batch, const std::string& job) {
  load_generator load(server, fill_connections);
  const auto whole = batch_submit(batch, job);
  const auto rest = batch_submit(jobs % batch, job);
  const auto whole_batches = jobs / batch;
  filled result;
  auto begin = steady::now();
  load.closed_loop(
    1,
    [&](uint64_t index, std::string& out) {
      if (index > whole_batches || (index == whole_batches && jobs % batch == 0))
        return false;
      out += index < whole_batches ? whole : rest;
      return true;
    },
    [&](const response& r) {
      if (r.status >= 300 || r.body.find("\"rejected\":0") == std::string_view::npos)
        refuse(r);
      result.latency.add(r.received - r.due);
      result.jobs += r.index < whole_batches ? batch : jobs % batch;
    });
  result.elapsed = steady::now() - begin;
  return result;
}

filled fill_singly(const endpoint& server, uint64_t jobs, uint32_t connections, const std::string& job) {
  load_generator load(server, connections);
  const auto request = single_submit(job);
  filled result;
  auto begin = steady::now();
  load.closed_loop(
    1,
    [&](uint64_t index, std::string& out) {
      if (index >= jobs)
        return false;
      out += request;
      return true;
    },
    [&](const response& r) {
      if (r.status != 201)
        refuse(r);
      result.latency.add(r.received - r.due);
      ++result.jobs;
    });
  result.elapsed = steady::now() - begin;
  return result;
}

void wait_for_workers(rest_client& rest, uint32_t workers) {
  auto moved = steady::now();
  uint32_t last = 0;
  for (;;) {
    auto listed = rest.call("GET", "/api/workers");
    const auto& all = listed.is_array() ? listed : listed.at("workers");
    uint32_t ready = 0;
    for (const auto& w : all)
      if (w.at("status") == "idle" || w.at("status") == "working")
        ++ready;
    if (ready >= workers)
      return;
    if (ready != last) {
      last = ready;
      moved = steady::now();
    }
    if (steady::now() - moved > patience)
      throw std::runtime_error(std::to_string(ready) + " of " + std::to_string(workers) + " workers came");
    std::this_thread::sleep_for(poll_every);
  }
}

seen_progress wait_until_finished(rest_client& rest, uint64_t finished) {
  auto moved = steady::now();
  std::optional<seen_progress> before;
  for (;;) {
    seen_progress seen{{}, read_progress(rest)};
    seen.at = steady::now();
    const auto& p = seen.what;
    if (p.unsuccessful)
      throw std::runtime_error(std::to_string(p.unsuccessful) + " jobs did not succeed");
    if (p.completed >= finished)
      return seen;
    std::chrono::nanoseconds pause = poll_every;
    if (before && p.completed > before->what.completed) {
      const auto each = (seen.at - before->at) / (p.completed - before->what.completed);
      pause = std::clamp<std::chrono::nanoseconds>(each * (finished - p.completed) / 2, poll_every_min, poll_every_max);
      moved = seen.at;
    }
    if (seen.at - moved > patience)
      throw std::runtime_error("stuck with " + std::to_string(p.completed) + " of " + std::to_string(finished) +
                               " jobs completed");
    if (!before || p.completed > before->what.completed)
      before = seen;
    std::this_thread::sleep_for(pause);
  }
}

void wait_until_idle(rest_client& rest) {
  auto moved = steady::now();
  uint64_t last = 0;
  for (;;) {
    auto p = read_progress(rest);
    if (p.waiting + p.running == 0)
      return;
    if (p.completed != last) {
      last = p.completed;
      moved = steady::now();
    }
    if (steady::now() - moved > patience)
      throw std::runtime_error("stuck with " + std::to_string(p.waiting + p.running) + " jobs left");
    std::this_thread::sleep_for(poll_every);
  }
}

} // namespace callboard::bench
