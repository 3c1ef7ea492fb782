#pragma once

#include "handlers/handler.hpp"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace callboard {

/// The checkpoint of an attempt as a file of its program, in a directory of its own that goes with the object. What the
/// program leaves in the file is saved; the empty file is no checkpoint.
class checkpoint_file {
public:
  /// Writes what the former attempt has saved. Throws std::system_error.
  checkpoint_file(std::string_view former, uint64_t bytes_max);
  ~checkpoint_file();
  checkpoint_file(const checkpoint_file&) = delete;
  checkpoint_file& operator=(const checkpoint_file&) = delete;

  std::string path() const {
    return (directory_ / "checkpoint").string();
  }
  /// Saves the file's text if it has changed; not more often than `look_every`.
  void look_sometimes(handler_context& ctx);
  /// The same, at once. What is too long, or no UTF-8, is a line of the attempt's log, and the former one stays.
  void look(handler_context& ctx);

  static constexpr std::chrono::seconds look_every{1};

private:
  /// Changes with each version of the file, also when another file takes its place.
  struct version {
    uint64_t file = 0;
    int64_t size = 0;
    int64_t changed_ns = 0;
    friend bool operator==(const version&, const version&) = default;
  };
  version present() const;

  std::filesystem::path directory_;
  const uint64_t bytes_max_;
  version seen_;
  std::string saved_;
  std::chrono::steady_clock::time_point looked_;
};

} // namespace callboard
