#pragma once

#include "http/server/server.hpp"
#include "tests/http/fake_backend.hpp"

#include <string>
#include <string_view>

namespace callboard::test {

/// An answer as it came over the socket.
struct received {
  int status = 0; ///< 0: the connection ended before an answer was complete
  std::string header;
  std::string body;

  bool has(std::string_view line) const;
  /// The `code` of the error in the body, or "none".
  std::string code() const;
};

/// A blocking TCP client that sends exactly the bytes it is told. No wait is longer than 10 s: a test that would hang
/// fails instead.
class client {
public:
  explicit client(uint16_t port);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// False when the server has closed.
  bool send(std::string_view bytes);
  /// Reads one answer; of a HEAD it has no body.
  received receive(bool head = false);
  received ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }
  /// Reads until the server closes; false when it does not. What came is thrown away.
  bool closed_by_server();
  /// Sends no more, but still reads.
  void half_close();
  /// Closes with a reset.
  void reset();
  /// Bytes that have come and were not read yet, after waiting for some.
  bool fill();
  /// What has come and was not read yet, as it is.
  std::string take();

private:
  int fd_ = -1;
  std::string in_;
};

std::string get(std::string_view target, std::string_view header = {});
std::string post(std::string_view target, std::string_view body, std::string_view header = {});

/// A server on a free port with the fake behind it.
struct live {
  explicit live(http_settings http = {}, job_settings jobs = {});

  /// True when a new connection is served as it should.
  bool healthy();

  fake_backend back;
  http_server server;
  uint16_t port = 0;
};

} // namespace callboard::test
