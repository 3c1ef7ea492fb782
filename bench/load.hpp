#pragma once

#include "bench/server_process.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::bench {

using steady = std::chrono::steady_clock;

/// One answer, while it lies in the receive buffer.
struct response {
  uint64_t index;
  int status;
  std::string_view body;
  /// Closed loop: when the request was handed to the socket. Open loop: when it should have been.
  steady::time_point due;
  steady::time_point received;
};

/// Appends the bytes of request number `index`; false when there is none any more.
using make_request_fn = std::function<bool(uint64_t index, std::string& out)>;
using response_fn = std::function<void(const response&)>;

/// Many persistent connections served by the calling thread: the generator shares its cores with the server, so it
/// must cost little.
class load_generator {
public:
  /// Connects. Throws boost::system::system_error.
  load_generator(const endpoint& server, uint32_t connections);
  ~load_generator();

  /// Every connection keeps `pipeline` requests under way until `make` has no more. Returns when all are answered.
  /// Throws std::runtime_error when a connection is lost.
  void closed_loop(uint32_t pipeline, make_request_fn make, response_fn seen);

  /// Sends at `rate` requests per second whatever the answers do, so that a server that stalls cannot hide it.
  void open_loop(double rate, make_request_fn make, response_fn seen);

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace callboard::bench
