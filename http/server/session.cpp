#include "http/server/session.hpp"

#include "http/api/browser_guard.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"
#include "http/server/large_request.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>

namespace callboard {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

// Errors as values: an end of stream is nothing exceptional, and throwing one costs microseconds.
constexpr auto as_result = asio::as_tuple(asio::use_awaitable_t<lane_executor>{});

} // namespace

session::session(lane& home, lane_socket socket, bool refused)
  : home_(home), socket_(std::move(socket)), room_(socket_.get_executor()), quiet_since_(lane_clock::now()),
    refused_(refused) {
}

void session::start() {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  if (refused_)
    refuse({ec::overloaded, "there are " + std::to_string(home_.state().a.http.connections_max) +
                              " connections already (http.connections_max); try again later"});
  asio::co_spawn(socket_.get_executor(), read_loop(), asio::detached);
  flush();
}

asio::awaitable<void, lane_executor> session::read_loop() {
  const auto self = shared_from_this();
  while (!closed_) {
    if (reading_) {
      const auto p = parse();
      flush();
      if (closed_)
        break;
      if (p == parsed::pipeline_full) {
        if (slots_.size() >= home_.state().a.http.pipeline_max) {
          waiting_for_room_ = true;
          room_.expires_at(lane_clock::time_point::max());
          co_await room_.async_wait(as_result);
          waiting_for_room_ = false;
        }
        continue;
      }
    }
    if (!reading_)
      in_.clear(); // lingering: what comes now is of no interest, only its end is
    if (!reader_ && in_.size() == 0 && in_.capacity() > http_limits::idle_buffer_bytes_max)
      in_ = {};
    const auto size = header_seen_ ? http_limits::body_read_bytes : http_limits::header_read_bytes;
    const auto [ec, n] = co_await socket_.async_read_some(in_.prepare(size), as_result);
    if (ec) {
      read_ended(ec);
      break;
    }
    in_.commit(n);
  }
}

session::parsed session::parse() {
  const auto& limits = home_.state().a.http;
  while (reading_) {
    if (!reader_) {
      if (slots_.size() >= limits.pipeline_max)
        return parsed::pipeline_full;
      // Empty lines before a request are to be forgiven (RFC 9112, 2.2).
      const auto* data = static_cast<const char*>(in_.data().data());
      size_t blank = 0;
      while (blank < in_.size() && (data[blank] == '\r' || data[blank] == '\n'))
        ++blank;
      in_.consume(blank);
    }
    if (in_.size() == 0)
      return parsed::need_more;
    if (!reader_) {
      reader_.emplace(limits.header_bytes_max);
      header_seen_ = false;
      header_bytes_ = 0;
      request_begun_ = lane_clock::now();
    }
    error_code ec;
    const auto used = reader_->put(in_.data(), ec);
    in_.consume(used);
    // The parser's own limit is for what it cannot take yet: a header of many short lines would pass it.
    if (!header_seen_ && (header_bytes_ += used) > limits.header_bytes_max)
      ec = http::error::header_limit;
    if (ec == http::error::need_more) {
      // Chunk extensions and trailers have no limit in the parser.
      if (in_.size() > limits.header_bytes_max) {
        refuse({callboard::ec::header_too_large, "a chunk's header or the trailer is larger than " +
                                                   std::to_string(limits.header_bytes_max) +
                                                   " bytes (http.header_bytes_max)"});
        return parsed::stopped;
      }
      if (used == 0)
        return parsed::need_more;
      continue;
    }
    if (ec) {
      refuse(http_error(ec));
      return parsed::stopped;
    }
    if (!header_seen_ && reader_->is_header_done()) {
      header_seen_ = true;
      if (!on_header())
        return parsed::stopped;
    } else if (used == 0 && !reader_->is_done()) {
      return parsed::need_more;
    }
    if (!has_room(reader_->request.body.size()))
      return parsed::stopped;
    if (reader_->is_done()) {
      dispatch();
      reader_.reset();
      header_seen_ = false;
    }
  }
  return parsed::stopped;
}

bool session::on_header() {
  auto& r = reader_->request;
  if (r.request_id.empty())
    r.request_id = home_.next_request_id();
  const auto stop = [&](error e) {
    refuse(std::move(e));
    return false;
  };
  if (r.target.size() > http_limits::target_bytes_max)
    return stop({ec::uri_too_long, "the target is " + std::to_string(r.target.size()) + " bytes long; at most " +
                                     std::to_string(http_limits::target_bytes_max) + " are allowed"});
  if (!reader_->http_1_0() && !reader_->has_host())
    return stop({ec::bad_request, "an HTTP/1.1 request needs a Host header", "Host"});
  if (reader_->expects_other())
    return stop({ec::bad_request, "the only Expect header that is understood is 100-continue", "Expect"});
  const auto& http = home_.state().a.http;
  if (auto e = refuse_stranger(
        {r.method, r.target, reader_->host(), reader_->origin(), reader_->fetch_site(), r.content_type}, http))
    return stop(std::move(*e));
  const auto& routes = home_.state().routes;
  match_ = routes.find(r.method, r.target);
  const auto limit = routes.body_bytes_max(match_);
  if (const auto length = reader_->content_length(); length && *length > limit)
    return stop({ec::body_too_large, "the body is " + std::to_string(*length) + " bytes long; at most " +
                                       std::to_string(limit) + " are allowed (" +
                                       std::string{routes.body_limit_name(match_)} + ")"});
  if (reader_->is_done())
    return true;
  const bool discards = match_.refusal || match_.to->body == body_kind::none;
  share_ = body_share{home_.state().a.bodies};
  if (const auto length = reader_->content_length(); length && !discards && !has_room(*length))
    return false;
  reader_->body_limit(limit);
  if (discards)
    reader_->discard_body();
  if (reader_->expects_continue() && !reader_->http_1_0() && in_.size() == 0) {
    auto& s = add_slot();
    s.interim = s.ready = true;
  }
  return true;
}

session::slot& session::add_slot() {
  auto& s = slots_.emplace_back();
  s.number = next_number_++;
  s.since = lane_clock::now();
  return s;
}

session::slot* session::find_slot(uint64_t number) {
  // Numbers in the line have no gaps.
  if (slots_.empty() || number < slots_.front().number)
    return nullptr;
  auto& s = slots_[static_cast<size_t>(number - slots_.front().number)];
  return s.ready ? nullptr : &s;
}

void session::dispatch() {
  served_ = true;
  auto& s = add_slot();
  s.keep_alive = reader_->keep_alive();
  s.http_1_0 = reader_->http_1_0();
  s.head = reader_->request.method == http_method::head;
  s.request_id = reader_->request.request_id;
  if (!s.keep_alive || draining_)
    reading_ = false;
  if (is_allowed_origin(reader_->origin(), home_.state().a.http))
    s.allowed_origin = reader_->origin();
  if (reader_->is_preflight() && !s.allowed_origin.empty()) {
    s.preflight = s.ready = true;
    return;
  }
  const auto look_in = [&](std::span<const page_file> files) {
    return find_page(files, reader_->request.method, match_.target.segments, reader_->accept_encoding(),
                     reader_->if_none_match());
  };
  s.page = look_in(page_files());
  if (!s.page && match_.to != nullptr) // a path of the interface, with parameters that it knows
    s.page = look_in(description_files());
  if (s.page) {
    s.ready = true;
    return;
  }
  if (match_.to != nullptr && !match_.to->act.name.empty())
    reader_->request.address = peer();
  if (reader_->request.body.size() >= http_limits::large_body_bytes)
    return run_large(home_.state(), std::move(match_), std::move(reader_->request), std::move(share_),
                     responder_for(s.number));
  s.share = std::move(share_);
  if (auto answer = home_.state().routes.run(match_, reader_->request, responder_for(s.number))) {
    s.response = std::move(*answer);
    s.ready = true;
    if (s.response.stream)
      reading_ = false; // what comes after it would never be answered
  }
}

std::string session::peer() const {
  error_code code;
  const auto from = socket_.remote_endpoint(code);
  if (code) // it is gone already
    return "unknown";
  const auto host = from.address().to_string();
  return (from.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(from.port());
}

responder session::responder_for(uint64_t number) {
  return responder{[mail = home_.mail(), weak = weak_from_this(), number](responder::maker make) {
    mail->push([weak, number, make = std::move(make)] {
      const auto self = weak.lock();
      auto* s = self ? self->find_slot(number) : nullptr;
      if (s == nullptr)
        return;
      s->response = made(make);
      s->ready = true;
      self->home_.touch(self);
    });
  }};
}

void session::refuse(error e) {
  auto& s = add_slot();
  if (reader_) {
    s.head = reader_->request.method == http_method::head;
    s.request_id = reader_->request.request_id;
  }
  if (s.request_id.empty())
    s.request_id = home_.next_request_id();
  s.keep_alive = false;
  s.response = failed(std::move(e));
  s.ready = true;
  reading_ = false;
  reader_.reset();
  share_ = {};
  header_seen_ = false;
}

void session::drain() {
  draining_ = true;
  if (stream_) {
    stream_->end();
    return flush();
  }
  if (closed_ || !reading_ || reader_)
    return; // a request that is being read is still served
  reading_ = false;
  if (slots_.empty() && !writing_)
    return close();
  if (waiting_for_room_)
    room_.cancel();
}

void session::close() {
  if (closed_)
    return;
  closed_ = true;
  stream_.reset();
  room_.cancel();
  error_code ignored;
  socket_.close(ignored);
  home_.remove(this, refused_);
}

} // namespace callboard
