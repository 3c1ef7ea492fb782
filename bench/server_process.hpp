#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "files/descriptor.hpp"

namespace callboard::bench {

struct endpoint {
  std::string host;
  uint16_t port = 0;
};

/// Reads `HOST:PORT`, with or without `http://` before it. Throws std::runtime_error for anything else.
endpoint parse_endpoint(std::string text);

/// A data directory that exists as long as this object.
class scratch_directory {
public:
  /// Makes a new directory below `parent`, which should lie on the disk that is to be measured.
  explicit scratch_directory(const std::filesystem::path& parent);
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  const std::filesystem::path& path() const {
    return path_;
  }

private:
  std::filesystem::path path_;
};

struct server_options {
  std::string program;
  std::filesystem::path data;
  uint32_t workers = 0;
  uint32_t slots = 4;
  /// Of the REST interface; 0: any that is free.
  uint16_t port = 0;
  /// Further settings, each as KEY=VALUE.
  std::vector<std::string> settings;
};

/// A port of 127.0.0.1 that nobody listens on at this moment.
uint16_t free_port();

/// A `callboard serve` of our own. It never outlives this object, nor this process.
class server_process {
public:
  /// Starts it and waits for the ready line. Throws std::runtime_error, with the end of its log, when none comes.
  explicit server_process(const server_options& options);
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  const endpoint& http() const {
    return http_;
  }
  /// From the start of the process to its ready line.
  std::chrono::nanoseconds ready_after() const {
    return ready_after_;
  }
  /// Address that workers join.
  const endpoint& cluster() const {
    return cluster_;
  }
  /// Of the scheduler's process.
  pid_t pid() const {
    return pid_;
  }

  /// SIGTERM, and SIGKILL when that does not help within 30 s.
  void stop();
  /// SIGKILL.
  void kill();

private:
  void launch(const server_options& options);
  std::string read_ready_line(std::chrono::seconds limit);
  void reap(bool wait);

  pid_t pid_ = -1;
  descriptor out_;
  std::filesystem::path log_;
  endpoint http_, cluster_;
  std::chrono::nanoseconds ready_after_{0};
};

} // namespace callboard::bench
