#include "bench/measures.hpp"
#include "bench/submits.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

namespace callboard::bench {

namespace {

struct kind {
  std::string_view name;
  bool keyed, limited;
};
constexpr std::array kinds{kind{"no keys", false, false}, kind{"keys", true, false}, kind{"keys, limited", true, true}};

/// Batches whose jobs have the keys one after the other.
void fill_keyed(const endpoint& server, const options& o) {
  std::string body = "[";
  for (uint32_t k = 0; k < o.keys; ++k) {
    if (k != 0)
      body += ',';
    body += job_text("noop", mail_payload, o.durability, ",\"concurrencyKey\":\"tenant-" + std::to_string(k) + "\"");
  }
  const auto request = make_request("POST", "/api/jobs/batch", body + ']');
  load_generator load(server, fill_connections);
  load.closed_loop(
    1,
    [&](uint64_t index, std::string& out) {
      if (index >= o.keyed_jobs / o.keys)
        return false;
      out += request;
      return true;
    },
    [&](const response& r) {
      if (r.status >= 300 || r.body.find("\"rejected\":0") == std::string_view::npos)
        throw std::runtime_error("a batch was answered " + std::to_string(r.status) + " " +
                                 std::string{r.body.substr(0, 500)});
    });
}

} // namespace

void measure_keys(const options& o, journal& out) {
  const auto jobs = o.keyed_jobs / o.keys * o.keys;
  std::array<std::vector<double>, kinds.size()> rates, costs;
  for (uint32_t round = 0; round < o.rounds; ++round)
    for (size_t i = 0; i < kinds.size(); ++i) {
      const auto figures = drain(o, jobs, [&](const endpoint& server, rest_client& rest) {
        if (kinds[i].limited)
          rest.call("PUT", "/api/queues/default", {{"perKey", {{"concurrency", 1}}}});
        if (kinds[i].keyed)
          fill_keyed(server, o);
        else
          fill(server, jobs, fill_batch, job_text("noop", mail_payload, o.durability));
      });
      rates[i].push_back(figures.at("per_second").get<double>());
      costs[i].push_back(figures.at("server_cpu_us").get<double>());
      out.add("keys", {{"jobs", jobs}, {"keys", o.keys}, {"kind", kinds[i].name}, {"durability", o.durability}},
              figures);
    }
  if (median(rates[0]) <= 0 || median(rates[1]) <= 0 || median(costs[0]) <= 0 || median(costs[1]) <= 0)
    return; // too few jobs to say anything
  const auto compare = [&](std::string_view name, size_t a, size_t b) {
    out.add(
      "keys_ratio", {{"keys", o.keys}, {"kind", name}},
      {{"rate", rounded(median(rates[a]) / median(rates[b]))}, {"cpu", rounded(median(costs[a]) / median(costs[b]))}});
  };
  compare("keys against none", 1, 0);
  compare("limited keys against none", 2, 0);
  compare("limited keys against keys", 2, 1);
}

} // namespace callboard::bench
