#include "bench/submits.hpp"

#include <stdexcept>
#include <thread>

namespace callboard::bench {

namespace {

constexpr std::chrono::seconds patience{30};
constexpr std::chrono::milliseconds poll_every{5};

std::string job(std::string_view durability, std::string_view extra_fields) {
  std::string out = R"({"jobType":"noop","durability":")";
  out.append(durability);
  out.append(R"(","payload":{"to":"user@example.com","subject":"Welcome","body":"Welcome to our service"})");
  out.append(extra_fields).append("}");
  return out;
}

} // namespace

std::string single_submit(std::string_view durability) {
  return make_request("POST", "/api/jobs/submit", job(durability, {}));
}

std::string batch_submit(uint64_t count, std::string_view durability, std::string_view extra_fields) {
  const auto one = job(durability, extra_fields);
  std::string body = "[";
  body.reserve((one.size() + 1) * count + 2);
  for (uint64_t i = 0; i < count; ++i) {
    if (i)
      body += ',';
    body += one;
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

void failure_count::put(nlohmann::ordered_json& line) const {
  if (by_status_.empty())
    return;
  auto& out = line["failures"] = nlohmann::ordered_json::object();
  for (auto [status, count] : by_status_)
    out[std::to_string(status)] = count;
  line["failure_example"] = example_;
}

filled fill(const endpoint& server, uint64_t jobs, uint64_t batch, std::string_view durability,
            std::string_view extra_fields) {
  load_generator load(server, fill_connections);
  const auto whole = batch_submit(batch, durability, extra_fields);
  const auto rest = batch_submit(jobs % batch, durability, extra_fields);
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
      auto count = r.index < whole_batches ? batch : jobs % batch;
      if (r.status >= 300 || r.body.find("\"rejected\":0") == std::string_view::npos)
        throw std::runtime_error("a batch was answered " + std::to_string(r.status) + " " +
                                 std::string{r.body.substr(0, 500)});
      result.latency.add(r.received - r.due);
      result.jobs += count;
    });
  result.elapsed = steady::now() - begin;
  return result;
}

void wait_for_workers(rest_client& rest, uint32_t workers) {
  const auto deadline = steady::now() + patience;
  for (;;) {
    auto listed = rest.call("GET", "/api/workers");
    const auto& all = listed.is_array() ? listed : listed.at("workers");
    uint32_t ready = 0;
    for (const auto& w : all)
      if (w.at("status") == "idle" || w.at("status") == "working")
        ++ready;
    if (ready >= workers)
      return;
    if (steady::now() > deadline)
      throw std::runtime_error(std::to_string(ready) + " of " + std::to_string(workers) + " workers came");
    std::this_thread::sleep_for(poll_every);
  }
}

void wait_until_finished(rest_client& rest, uint64_t finished) {
  auto moved = steady::now();
  uint64_t last = 0;
  for (;;) {
    auto p = read_progress(rest);
    if (p.unsuccessful)
      throw std::runtime_error(std::to_string(p.unsuccessful) + " jobs did not succeed");
    if (p.completed >= finished)
      return;
    if (p.completed != last) {
      last = p.completed;
      moved = steady::now();
    }
    if (steady::now() - moved > patience)
      throw std::runtime_error("stuck with " + std::to_string(p.completed) + " of " + std::to_string(finished) +
                               " jobs completed");
    std::this_thread::sleep_for(poll_every);
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
