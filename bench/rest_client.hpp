#pragma once

#include "bench/server_process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace callboard::bench {

/// What a parser needs to know of an HTTP/1.1 answer. Our server always sends Content-Length.
struct response_head {
  int status = 0;
  size_t head_bytes = 0;
  size_t body_bytes = 0;
};

/// Reads the head at the start of `text`; nothing while it is incomplete. Throws std::runtime_error when it is not one.
std::optional<response_head> parse_head(std::string_view text);

/// The bytes of a request.
std::string make_request(std::string_view method, std::string_view target, std::string_view body = {});

/// One blocking connection, made anew when it was idle for so long that the server may have closed it.
class rest_client {
public:
  explicit rest_client(const endpoint& server);

  /// Answers the parsed body. Throws std::runtime_error for a status of 400 and above.
  nlohmann::json call(std::string_view method, std::string_view target, const nlohmann::json& body = {});

  /// Sends the bytes of one request and waits for its answer; returns the status, and the body if it is asked for.
  int exchange(const std::string& request, std::string* body = nullptr);

private:
  void connect();

  endpoint server_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::chrono::steady_clock::time_point used_;
  std::string in_;
};

/// What GET /api/metrics/jobs says that a measurement waits for.
struct progress {
  uint64_t waiting = 0; ///< queued or scheduled
  uint64_t running = 0; ///< running or retrying
  uint64_t started = 0;
  uint64_t completed = 0;
  uint64_t unsuccessful = 0;
};

/// Asks again while the scheduler, just started, still reads its store.
progress read_progress(rest_client& client);

} // namespace callboard::bench
