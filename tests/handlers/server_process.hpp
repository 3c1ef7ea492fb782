#pragma once

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include <string>
#include <vector>

namespace callboard::test {

/// One of the Python servers in servers/, on a free port of loopback. Ended with the object, and with the
/// thread that made it (PR_SET_PDEATHSIG counts threads): make it on the main one.
class server_process {
public:
  explicit server_process(const std::string& script, std::vector<std::string> arguments = {});
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  int port() const {
    return port_;
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// What the server says next; throws when it says nothing in time.
  nlohmann::json next_event();
  /// True if it has said something that was not asked for yet.
  bool has_event() const;

private:
  pid_t pid_ = 0;
  int in_ = -1;
  int out_ = -1;
  int port_ = 0;
  std::string pending_;
};

} // namespace callboard::test
