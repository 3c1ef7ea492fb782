#include "http/api/response.hpp"
#include "http/limits.hpp"
#include "http/server/session.hpp"

#include <boost/asio/write.hpp>

// What a connection sends, and how it ends.

namespace callboard {

namespace asio = boost::asio;
using boost::system::error_code;

/// True: a stream has begun.
bool session::append_answer(slot& s) {
  const bool endless = s.response.stream != nullptr;
  told_to_close_ = endless || !s.keep_alive || (draining_ && !reading_ && slots_.size() == 1);
  const response_frame frame{.request_id = s.request_id,
                             .date = home_.date(),
                             .head = s.head,
                             .close = told_to_close_,
                             .preflight = s.preflight,
                             .allowed_origin = s.allowed_origin,
                             .old = s.http_1_0};
  if (s.page)
    append_page(out_, *s.page, frame);
  else
    append_response(out_, s.response, frame);
  if (!endless || s.head)
    return false;
  stream_.emplace(std::move(s.response.stream), s.http_1_0, [mail = home_.mail(), weak = weak_from_this()] {
    mail->push([weak] {
      if (const auto self = weak.lock())
        self->home_.touch(self);
    });
  });
  if (draining_)
    stream_->end();
  return true;
}

void session::append_ready_answers() {
  while (!slots_.empty() && slots_.front().ready && out_.size() < http_limits::gather_bytes_max) {
    auto& s = slots_.front();
    bool begun = false;
    if (s.interim)
      out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    else
      begun = append_answer(s);
    slots_.pop_front();
    if (begun)
      return;
  }
}

void session::flush() {
  if (closed_ || writing_)
    return;
  out_.clear();
  if (!stream_)
    append_ready_answers();
  if (stream_ && !stream_->append_to(out_))
    stream_.reset();
  if (out_.empty())
    return finish_if_done();
  if (waiting_for_room_)
    room_.cancel();
  writing_ = true;
  write_begun_ = lane_clock::now();
  asio::async_write(socket_, asio::buffer(out_),
                    [self = shared_from_this()](const error_code& code, size_t) { self->written(code); });
}

void session::written(const error_code& code) {
  writing_ = false;
  if (code)
    return close();
  if (out_.capacity() > http_limits::gather_bytes_max)
    out_ = {};
  quiet_since_ = lane_clock::now();
  flush();
}

void session::read_ended(const error_code& code) {
  // A client that has shut down its side still wants its answers, but not one without an end; anything else is a broken
  // connection.
  if (code != asio::error::eof || stream_)
    return close();
  peer_done_ = true;
  reading_ = false;
  reader_.reset();
  flush();
}

void session::finish_if_done() {
  if (closed_ || writing_ || reading_ || !slots_.empty() || stream_)
    return;
  // A client that was not told will not close, so there is nothing to wait for.
  if (peer_done_ || (draining_ && !told_to_close_))
    return close();
  if (lingering_)
    return;
  // Closing while the client still sends would make the kernel throw our answer away: first say that we are done,
  // then read on until the client is, too.
  lingering_ = true;
  linger_until_ = lane_clock::now() + http_limits::linger_timeout;
  error_code ignored;
  socket_.shutdown(lane_socket::shutdown_send, ignored);
}

} // namespace callboard
