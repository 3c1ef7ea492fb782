#pragma once

#include "http/api/router.hpp"
#include "http/server/side_thread.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace callboard {

class session;

// Naming the executor instead of erasing its type saves an indirection and an allocation per operation.
using lane_executor = boost::asio::io_context::executor_type;
using lane_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, lane_executor>;
using lane_clock = std::chrono::steady_clock;
using lane_timer = boost::asio::basic_waitable_timer<lane_clock, boost::asio::wait_traits<lane_clock>, lane_executor>;

/// What all lanes of a server share.
struct server_state {
  const api& a;
  const router& routes;
  const std::shared_ptr<side_thread> large;
  std::atomic<bool> draining{false};
  /// Connections that are served, and those beyond the limit that are being told so.
  std::atomic<uint32_t> open{0}, refusing{0};
  std::mutex mutex;
  std::condition_variable changed; ///< a connection is gone

  void gone(bool refused);
};

/// Work from other threads for a lane, which outlives the lane: a backend may reply after the server is gone.
class mailbox {
public:
  explicit mailbox(boost::asio::io_context& io, std::function<void()> wake) : io_(&io), wake_(std::move(wake)) {
  }
  /// Any thread. Dropped once closed.
  void push(std::function<void()> work);
  std::vector<std::function<void()>> take();
  void close();

private:
  std::mutex mutex_;
  boost::asio::io_context* io_;
  std::function<void()> wake_;
  std::vector<std::function<void()>> work_;
};

/// One thread with its connections. A connection never leaves its lane, so nothing in it needs a lock.
class lane {
public:
  lane(server_state& state, uint32_t number);
  ~lane();

  void start();
  /// Not on the lane's own thread. Connections that are left are cut.
  void stop();

  // Everything below runs on the lane's thread.

  void adopt(lane_socket socket, bool refused);
  void remove(session* s, bool refused);
  /// The session is flushed when the replies at hand are all in, so that they go out in one write.
  void touch(std::shared_ptr<session> s);
  void drain();
  void abort();

  server_state& state() {
    return state_;
  }
  boost::asio::io_context& io() {
    return io_;
  }
  const std::shared_ptr<mailbox>& mail() const {
    return mail_;
  }
  std::string next_request_id();
  /// The Date header's value, made once per second.
  std::string_view date();

private:
  void read_mail();
  void tick();
  std::vector<std::shared_ptr<session>> everyone() const;

  server_state& state_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<lane_executor> work_;
  lane_timer ticker_;
  duration tick_every_;
  std::shared_ptr<mailbox> mail_;
  std::unordered_map<session*, std::shared_ptr<session>> sessions_;
  std::vector<std::shared_ptr<session>> touched_;
  std::string id_prefix_;
  uint64_t ids_ = 0;
  std::string date_;
  std::chrono::sys_seconds date_of_{};
  std::thread thread_;
};

} // namespace callboard
