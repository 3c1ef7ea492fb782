#include "actors/worker/node_views.hpp"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

namespace callboard {

worker_registration registration_of(const worker_node_state& st) {
  worker_registration r;
  r.name = st.options.name;
  r.boot_epoch = st.options.boot_epoch;
  r.pid = static_cast<uint64_t>(::getpid());
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  r.host = host;
  r.slots = st.options.settings.slots;
  r.local = st.options.local;
  r.guardian = st.options.guardian != 0 ? st.options.guardian : r.pid;
  for (const auto& h : st.options.handlers->all()) {
    r.types.emplace_back(h->type());
    r.versions.emplace_back(h->version());
    r.summaries.emplace_back(h->summary());
    r.schemas.emplace_back(h->schema());
    r.cache_for_us.push_back(h->cache_for().count());
  }
  r.again = st.registered;
  r.cpu_milli = st.options.offer.cpu_milli;
  r.memory_bytes = st.options.offer.memory_bytes;
  r.named = st.options.offer.named;
  r.labels = st.options.offer.labels;
  for (const auto& [fence, h] : st.held)
    r.held.push_back(h);
  return r;
}

node_load load_of(const worker_node_state& st) {
  node_load l;
  l.boot_epoch = st.options.boot_epoch;
  for (const auto& [fence, h] : st.held) {
    if (st.ended.count(fence) != 0)
      ++l.unacknowledged;
    else if (h.started_at_us != 0)
      ++l.running;
    else
      ++l.waiting;
  }
  struct sysinfo info {};
  if (::sysinfo(&info) == 0) {
    constexpr double load_unit = 1 << SI_LOAD_SHIFT;
    const auto cores = std::max(1u, std::thread::hardware_concurrency());
    l.load_percent = static_cast<uint32_t>(100.0 * static_cast<double>(info.loads[0]) / load_unit / cores);
    l.memory_available = (static_cast<uint64_t>(info.freeram) + info.bufferram) * info.mem_unit;
  }
  for (const auto& row : live_actors::instance().all())
    l.actors.push_back({row.gauge->name, row.gauge->mailbox(), row.gauge->handled.load(std::memory_order_relaxed),
                        row.again.count, row.gauge->turns.longest(turn_clock()).count()});
  return l;
}

actor_facts facts_of(const worker_node_state& st) {
  const auto age =
    std::chrono::duration_cast<std::chrono::milliseconds>(worker_node_state::clock::now() - st.renewed).count();
  return {{"scheduler", to_string(st.options.schedulers[st.scheduler])},
          {"joined", st.link ? "true" : "false"},
          {"bootEpoch", std::to_string(st.options.boot_epoch)},
          {"leaseRenewed", std::to_string(age) + " ms ago"},
          {"attemptsHeld", std::to_string(st.held.size())},
          {"outcomesUnacknowledged", std::to_string(st.ended.size())},
          {"connectFailures", std::to_string(st.failures)},
          {"draining", st.draining ? "true" : "false"}};
}

} // namespace callboard
