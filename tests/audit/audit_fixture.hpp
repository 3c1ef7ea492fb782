#pragma once

#include "tests/files/scratch.hpp"

#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <vector>

#include "audit/audit_verify.hpp"
#include "audit/audit_writer.hpp"

namespace callboard::test {

/// 2026-01-15T10:30:00Z and so many seconds.
time_point audit_time(int64_t seconds = 0);

/// A record with every member set, of that act.
audit_record some_act(const std::string& act = "queue.set", const std::string& target = "mail");

/// A log in a directory of its own.
struct audit_scratch {
  scratch files;
  std::filesystem::path directory = files.directory / "audit";

  /// Writes so many records, one after the other, with a writer of its own.
  void write(size_t records, audit_bounds bounds = {}, int64_t at = 0) const;
  audit_verdict verify(const std::string& expect = {}) const;
  /// Of the file with this number.
  std::string read(uint64_t number = 1) const;
  void replace(const std::string& text, uint64_t number = 1) const;
  std::vector<std::string> lines(uint64_t number = 1) const;
  void replace_lines(const std::vector<std::string>& lines, uint64_t number = 1) const;
  /// All of them, in their order.
  std::vector<audit_record> records() const;
};

/// While it lives, no file of this process becomes larger than that: the system writes what fits, and then refuses.
class full_disk {
public:
  explicit full_disk(uint64_t bytes);
  ~full_disk();
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;

private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

} // namespace callboard::test
