#pragma once

#include "bench/server_process.hpp"

#include <string>

#include "files/descriptor.hpp"

namespace callboard::bench {

/// A connection that never blocks once it is made, with what came and what is to go.
class peer_socket {
public:
  /// Throws std::system_error.
  explicit peer_socket(const endpoint& server);

  /// Reads what is there. Throws std::runtime_error when the other side has closed.
  void receive();
  /// Writes what goes out at once; the rest stays in `out`.
  void flush();
  /// What poll(2) is to look for.
  short events() const;
  int descriptor() const {
    return fd_.get();
  }

  std::string in, out;

private:
  callboard::descriptor fd_;
};

} // namespace callboard::bench
