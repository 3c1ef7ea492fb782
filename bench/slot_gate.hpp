#pragma once

#include "bench/rest_client.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

#include "files/file_lock.hpp"

namespace callboard::bench {

/// Occupies slots of workers with programs that wait for each other's end, so that a queue can be filled while its
/// workers are there, and all of them begin at one moment.
class slot_gate {
public:
  /// Submits `slots` jobs that wait for a lock on a file in `directory`, and returns once all of them run.
  slot_gate(rest_client& rest, const std::filesystem::path& directory, uint32_t slots);
  ~slot_gate();
  slot_gate(const slot_gate&) = delete;
  slot_gate& operator=(const slot_gate&) = delete;

  /// They end, successfully.
  void open();

  uint32_t slots() const {
    return slots_;
  }

private:
  std::optional<file_lock> lock_;
  uint32_t slots_;
};

} // namespace callboard::bench
