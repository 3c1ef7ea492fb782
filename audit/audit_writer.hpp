#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/audit_chain.hpp"
#include "files/append_file.hpp"

namespace callboard {

struct audit_bounds {
  uint64_t file_bytes_max = 16u << 20; ///< a file that is as large gets no more records
  duration keep{0};                    ///< files whose last record is older are removed; 0: never
};

/// Adds records to the log in a directory. Several processes may do so at once: a lock on a file keeps them apart, and
/// each of them reads first what the others have written. Not thread-safe.
class audit_writer {
public:
  /// Touches nothing yet.
  audit_writer(std::filesystem::path directory, audit_bounds bounds);

  /// Adds them in one write and one fsync, and gives them sequence and hashes, and `now` to those
  /// without a time. What it finds wrong at the end of the log
  /// is recorded before them. Error: internal_error; none of them is in the log then. May be called again.
  result<done> append(std::span<audit_record> records, time_point now);
  /// What was begun since the last start of a scheduler and has no outcome. Error: internal_error.
  result<std::vector<audit_record>> begun_only() const;

  /// The last record.
  uint64_t sequence() const {
    return sequence_;
  }
  const std::string& hash() const {
    return hash_;
  }
  /// The chain was found broken by this writer; empty: it was not.
  const std::string& broken() const {
    return broken_;
  }

private:
  struct finding {
    std::string_view act;
    std::string text; ///< JSON for `after`
  };

  result<done> make_directory() const;
  result<done> catch_up();
  result<done> open_last(const std::vector<uint64_t>& numbers);
  result<done> read_end_before(const std::vector<uint64_t>& numbers);
  result<done> take(std::string_view text, uint64_t first_line);
  void find(std::string_view act, std::string text);
  void found_broken(const std::string& where, const std::string& why);
  result<done> next_file(uint64_t number);
  std::vector<uint64_t> outdated(time_point now, audit_record& told);
  void forget();

  std::filesystem::path directory_;
  audit_bounds bounds_;
  std::optional<append_file> file_; ///< none: what the directory holds has to be looked at
  uint64_t number_ = 0;             ///< of the file
  uint64_t bytes_ = 0;              ///< of it that were taken note of
  uint64_t sequence_ = 0;
  std::string hash_{audit_chain_begin};
  std::vector<finding> findings_; ///< that are not recorded yet
  std::string broken_;
  std::optional<time_point> looked_for_old_;
};

} // namespace callboard
