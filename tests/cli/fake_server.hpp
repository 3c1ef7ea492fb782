#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace callboard::test {

struct fake_request {
  std::string method, target, content_type, body;
  std::string last_event_id = {};
};

struct fake_answer {
  int status = 200;
  std::string body = "{}";
  /// Close the connection instead of answering.
  bool hang_up = false;
  /// The body is a stream of events, which ends with it.
  bool stream = false;
  /// The header of that name, if any.
  std::string date = {};
};

/// A scheduler's HTTP interface in a thread: answers what the test says, remembers what it was asked. It has no events
/// to follow, and does not ask the test about them, unless the test says so.
class fake_server {
public:
  explicit fake_server(std::function<fake_answer(const fake_request&)> answer);
  ~fake_server();
  fake_server(const fake_server&) = delete;
  fake_server& operator=(const fake_server&) = delete;

  /// Before any request: these answers are for `GET /api/events`. Such requests are remembered, too.
  void follow_by(std::function<fake_answer(const fake_request&)> events) {
    events_ = std::move(events);
  }
  std::string url() const;
  std::vector<fake_request> requests() const;

private:
  void run();
  void serve(int connection);

  std::function<fake_answer(const fake_request&)> answer_, events_;
  uint16_t port_ = 0; // before the listener, which sets it
  int listener_ = -1;
  int stop_ = -1;
  mutable std::mutex mutex_;
  std::vector<fake_request> requests_;
  std::thread thread_;
};

/// An address at which nobody listens: the port was ours, and is closed again.
std::string dead_url();

} // namespace callboard::test
