#pragma once

#include "http/api/api.hpp"

#include <memory>

namespace callboard {

/// The REST interface: listens, serves, and stops without dropping what it has begun.
/// All functions may be called from any thread but the server's own (a backend's reply runs on none of them).
class http_server {
public:
  /// `a.back` must live until the server is gone, and reply to all it was asked; late replies are dropped.
  explicit http_server(api a);
  /// Stops without grace.
  ~http_server();

  /// Binds `http.listen` and starts the threads; returns the port. Errors: invalid_value (`http.listen`), or
  /// internal_error when the address cannot be had. Once per object.
  result<uint16_t> start();
  /// Takes no further connections; those that exist go on.
  void stop_accepting();
  /// Finishes the requests under way for at most `grace`, tells clients `Connection: close`, closes idle connections
  /// at once and all others in the end. Returns when every thread has ended.
  void stop(duration grace);
  /// Connections that are open now.
  uint32_t connections() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace callboard
