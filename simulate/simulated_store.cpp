#include "simulate/simulated_store.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>

namespace callboard::simulate {

namespace {

bool in_memory(const stored_job& j) {
  return j.level == durability::memory;
}

bool needs_no_disk(const write_batch& b) {
  return !b.jobs.empty() && b.meta.empty() && b.meta_removed.empty() &&
         std::all_of(b.jobs.begin(), b.jobs.end(), in_memory);
}

} // namespace

simulated_store::simulated_store() {
  open();
}

void simulated_store::open() {
  db_ = make_tiered_store(make_memory_store(), make_memory_store());
  for (const auto& b : written_) {
    const auto again = db_->append(b);
    CB_INVARIANT(static_cast<bool>(again), "what was written once is written again");
  }
}

result<done> simulated_store::append(const write_batch& b) {
  if (!works_ && !needs_no_disk(b))
    return error{ec::storage_unavailable, "the store cannot write"};
  auto ok = db_->append(b);
  if (!ok || needs_no_disk(b))
    return ok;
  auto on_disk = b;
  std::erase_if(on_disk.jobs, in_memory);
  written_.push_back(std::move(on_disk));
  return ok;
}

void simulated_store::lose_process() {
  open();
}

} // namespace callboard::simulate
