#pragma once

#include "handlers/handler.hpp"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>

namespace callboard {

/// A directory below `TMPDIR` for the checkpoints of all programs of this process; made when it is asked for first, and
/// gone with the object. Thread-safe.
class checkpoint_directory {
public:
  checkpoint_directory() = default;
  ~checkpoint_directory();
  checkpoint_directory(const checkpoint_directory&) = delete;
  checkpoint_directory& operator=(const checkpoint_directory&) = delete;

  /// Throws std::system_error when it cannot be made; then it is tried again the next time.
  std::filesystem::path path();

private:
  std::mutex mutex_;
  std::filesystem::path path_; ///< empty: not made yet
  int made_by_ = 0;            ///< the process: a child that is forked leaves it alone
};

/// The checkpoint of an attempt as a file of its program, which is there from the beginning only when the former
/// attempt has saved one: most programs want none, and pay for none. What the program leaves in the file is saved.
class checkpoint_file {
public:
  /// @param path  of nobody else. Writes what the former attempt has saved. Throws std::system_error.
  checkpoint_file(std::filesystem::path path, std::string_view former, uint64_t bytes_max);
  /// Removes the file.
  ~checkpoint_file();
  checkpoint_file(const checkpoint_file&) = delete;
  checkpoint_file& operator=(const checkpoint_file&) = delete;

  std::string path() const {
    return path_.string();
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

  const std::filesystem::path path_;
  const uint64_t bytes_max_;
  version seen_;
  std::string saved_;
  std::chrono::steady_clock::time_point looked_;
};

} // namespace callboard
