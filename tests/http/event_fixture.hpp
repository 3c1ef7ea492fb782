#pragma once

#include "http/api/event_feed.hpp"
#include "tests/http/client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace callboard::test {

/// An event of the `n`-th job, in queue `q`, of type `noop`.
scheduler_event job_event_of(event_kind k, uint64_t n, std::string queue = "q");
std::vector<scheduler_event> births(uint64_t from, uint64_t count);

/// A server whose events a test tells.
struct event_server {
  explicit event_server(event_settings s = {}, http_settings http = {});

  std::shared_ptr<event_feed> feed;
  fake_backend back;
  http_server server;
  uint16_t port = 0;
};

/// Follows events over a socket.
class event_reader {
public:
  /// Sends the request and reads the header of the answer.
  event_reader(uint16_t port, std::string_view query = {}, std::string_view header = {});

  /// Reads until the body so far ends in this text. False: the stream ended before.
  bool read_to(std::string_view text);
  /// Reads until this is the last id that was told. False: the stream ended before.
  bool read_to_id(std::string_view id);
  /// Reads to the end of the stream.
  void read_all() {
    while (more()) {}
  }
  /// The ids of the events so far, in order; of a `reset` with that word before it.
  std::vector<std::string> ids() const;
  std::string last_id() const;

  received head;
  std::string body;
  bool ended = false; ///< as it should: by the last chunk
  client connection;

private:
  bool more();

  std::string raw_;
};

} // namespace callboard::test
