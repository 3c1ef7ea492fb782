#include "tests/sim/sim_worker.hpp"

#include "tests/sim/cache_checks.hpp"

namespace callboard::sim {

using namespace std::chrono_literals;

worker_registration registration_of(const worker_traits& t, uint64_t epoch, const weather& sky) {
  worker_registration r;
  r.name = t.name;
  r.boot_epoch = epoch;
  r.slots = t.slots;
  r.types = t.types;
  r.versions.assign(t.types.size(), version_of_types(t.name));
  for (const auto& type : t.types)
    r.cache_for_us.push_back(type == pure_type ? sky.cache_for.count() : 0);
  return r;
}

attempt_plan draw_plan(world& w, bool well_behaved) {
  attempt_plan p;
  p.kind = well_behaved || w.chance(0.7) ? outcome_kind::succeeded
           : w.chance(0.6)               ? outcome_kind::failed_retryable
           : w.chance(0.5)               ? outcome_kind::failed_final
                                         : outcome_kind::timed_out;
  p.takes = well_behaved || w.chance(0.7) ? w.between(1ms, 50ms) : w.between(50ms, 6s);
  p.saves = !well_behaved && w.chance(0.4);
  p.logs = !well_behaved && w.chance(0.3);
  return p;
}

} // namespace callboard::sim
