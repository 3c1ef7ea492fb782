#pragma once

#include "storage/store.hpp"

#include <memory>
#include <vector>

namespace callboard::simulate {

/// The store of a run, which outlives the scheduler's process but for jobs of durability `memory`. It can refuse to
/// write.
class simulated_store {
public:
  simulated_store();
  /// Errors: storage_unavailable while it does not work, unless the batch stays in memory.
  result<done> append(const write_batch& b);
  void set_works(bool works) {
    works_ = works;
  }
  bool works() const {
    return works_;
  }
  /// The scheduler's process is gone, and what was in its memory.
  void lose_process();
  const store& db() const {
    return *db_;
  }

private:
  void open();

  std::unique_ptr<store> db_;
  std::vector<write_batch> written_; ///< what is on the disk
  bool works_ = true;
};

} // namespace callboard::simulate
