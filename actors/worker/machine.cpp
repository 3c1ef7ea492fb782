#include "actors/worker/machine.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <thread>

namespace callboard {

result<resource_offer> machine_offer(const worker_settings& s, uint32_t share) {
  resource_offer o;
  o.slots = s.slots;
  o.cpu_milli = std::max(1u, std::thread::hardware_concurrency()) * 1000 / std::max(1u, share);
  struct sysinfo info {};
  if (::sysinfo(&info) == 0)
    o.memory_bytes = static_cast<uint64_t>(info.totalram) * info.mem_unit / std::max(1u, share);
  if (auto ok = parse_resources(s.resources, o); !ok)
    return error{ec::invalid_value, "workers.resources: " + ok.err().message, "workers.resources"};
  auto labels = parse_labels(s.labels);
  if (!labels)
    return error{ec::invalid_value, "workers.labels: " + labels.err().message, "workers.labels"};
  o.labels = std::move(*labels);
  return o;
}

} // namespace callboard
