#include "tests/sim/disk.hpp"

#include "storage/record_codec.hpp"

namespace callboard::sim {

disk::disk() : db_(make_memory_store()) {
}

void disk::apply(const write_batch& b) {
  if (auto ok = db_->append(b); !ok)
    throw violation("the store refused a batch: " + ok.err().message);
  for (const auto& j : b.jobs) {
    auto& f = facts_[j.id];
    f.state = j.state;
    if (j.payload) {
      auto rec = decode_record(j.record);
      if (!rec)
        throw violation("a record cannot be read: " + rec.err().message);
      f.dependencies = rec->spec.dependencies;
      f.key = j.idempotency_key;
      f.payload = j.payload->view();
    }
  }
}

result<done> disk::append(const write_batch& b) {
  if (full)
    return error{ec::storage_unavailable, "no space left on device"};
  apply(b);
  written_.push_back(b);
  // At every moment, for a crash may come at any.
  check_dependants_are_settled(facts_);
  check_keys_are_unique(facts_);
  check_batches_are_whole(facts_);
  return done{};
}

void disk::lose_power(size_t surviving) {
  const auto kept = std::min(written_.size(), synced_ + surviving);
  if (kept == written_.size())
    return sync();
  written_.resize(kept);
  synced_ = kept;
  db_ = make_memory_store();
  facts_.clear();
  for (const auto& b : written_)
    apply(b);
}

} // namespace callboard::sim
