#pragma once

#include "http/api/request_reader.hpp"
#include "http/server/body_stream.hpp"
#include "http/server/lane.hpp"
#include "http/web/page_answer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace callboard {

/// One connection. A coroutine reads requests and hands them to the router, up to `pipeline_max` ahead of their
/// answers; each request has a slot in line, and whatever is ready at the head of the line goes out in one write.
/// Everything runs on the lane's thread.
class session : public std::enable_shared_from_this<session> {
public:
  /// @param refused  there are too many connections: tell it so and close.
  session(lane& home, lane_socket socket, bool refused);

  void start();
  /// Writes what is ready.
  void flush();
  /// Looks at the deadlines.
  void check(lane_clock::time_point now);
  /// No more requests; close when those under way are answered, at once when there are none.
  void drain();
  /// Cuts the connection.
  void close();

private:
  /// The place of one answer in the line.
  struct slot {
    uint64_t number = 0;
    lane_clock::time_point since;
    bool ready = false;
    bool interim = false; ///< `100 Continue`, which is no answer but has its place before one
    bool keep_alive = true;
    bool head = false;
    bool http_1_0 = false;
    bool preflight = false;
    std::string allowed_origin; ///< of the page that asks, when it may read the answer
    std::string request_id;
    http_response response;
    std::optional<page_answer> page; ///< of the dashboard, in place of a response
    body_share share;                ///< of its request's body
  };
  enum class parsed : uint8_t {
    need_more,     ///< bytes
    pipeline_full, ///< answers have to go out first
    stopped,       ///< no further request will be read
  };

  boost::asio::awaitable<void, lane_executor> read_loop();
  parsed parse();
  bool on_header();
  void dispatch();
  bool has_room(uint64_t body_bytes);
  responder responder_for(uint64_t number);
  /// HOST:PORT of the other end.
  std::string peer() const;
  /// Answers what is being read with an error, and reads no further.
  void refuse(error e);
  error http_error(const boost::system::error_code& ec) const;
  slot& add_slot();
  slot* find_slot(uint64_t number);
  bool append_answer(slot& s);
  void append_ready_answers();
  void written(const boost::system::error_code& ec);
  void read_ended(const boost::system::error_code& ec);
  void finish_if_done();

  lane& home_;
  lane_socket socket_;
  lane_timer room_; ///< cancelled when the line has room again
  boost::beast::flat_buffer in_;
  std::optional<request_reader> reader_;
  router::match match_;
  body_share share_; ///< of the body being read
  std::deque<slot> slots_;
  std::string out_;
  std::optional<body_stream> stream_; ///< the last answer of the connection, which has begun
  uint64_t next_number_ = 0;
  uint64_t header_bytes_ = 0; ///< of the header being read
  lane_clock::time_point request_begun_, write_begun_, quiet_since_, linger_until_;
  bool refused_;
  bool reading_ = true; ///< further requests are wanted
  bool header_seen_ = false;
  bool waiting_for_room_ = false;
  bool writing_ = false;
  bool draining_ = false;
  bool served_ = false;
  bool told_to_close_ = false; ///< by the last answer written
  bool lingering_ = false;
  bool peer_done_ = false; ///< the client will send no more
  bool closed_ = false;
};

} // namespace callboard
