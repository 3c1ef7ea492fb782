// What a connection may take: room for bodies, lengths, time.
#include "core/base/seconds_text.hpp"
#include "http/limits.hpp"
#include "http/server/session.hpp"

#include <boost/beast/http/error.hpp>

namespace callboard {

namespace http = boost::beast::http;
using boost::system::error_code;

/// False: refused, for the bodies of all requests together would be too large.
bool session::has_room(uint64_t body_bytes) {
  if (body_bytes == 0 || share_.grow_to(body_bytes))
    return true;
  refuse({ec::overloaded, "the bodies of the requests under way take almost " +
                            std::to_string(home_.state().a.bodies->max()) +
                            " bytes (http.bodies_bytes_max), and this one does not fit; try again later"});
  return false;
}

error session::http_error(const error_code& code) const {
  const auto& limits = home_.state().a.http;
  if (code == http::error::header_limit) {
    const std::string_view seen{static_cast<const char*>(in_.data().data()), in_.size()};
    if (reader_->request.target.empty() && seen.substr(0, limits.header_bytes_max).find("\r\n") == seen.npos)
      return {ec::uri_too_long, "the request line is longer than " + std::to_string(limits.header_bytes_max) +
                                  " bytes (http.header_bytes_max)"};
    return {ec::header_too_large,
            "the header is larger than " + std::to_string(limits.header_bytes_max) + " bytes (http.header_bytes_max)"};
  }
  if (code == http::error::body_limit) {
    const auto& routes = home_.state().routes;
    return {ec::body_too_large, "the body is larger than " + std::to_string(routes.body_bytes_max(match_)) +
                                  " bytes (" + std::string{routes.body_limit_name(match_)} + ")"};
  }
  return {ec::bad_request, "this is not a request of HTTP/1.1: " + code.message()};
}

void session::check(lane_clock::time_point now) {
  if (closed_)
    return;
  const auto& a = home_.state().a;
  if (lingering_) {
    if (now >= linger_until_)
      close();
    return;
  }
  if (writing_ && now - write_begun_ > a.http.write_timeout)
    return close();
  if (stream_ && !writing_ && now - quiet_since_ >= stream_->filler_after()) {
    stream_->fill_silence();
    return flush();
  }
  bool changed = false;
  for (auto& s : slots_)
    if (!s.ready && now - s.since > a.jobs.request_timeout) {
      s.response = failed({ec::internal_timeout, "no answer within " + seconds_text(a.jobs.request_timeout) +
                                                   " s (jobs.request_timeout); whether it was done is unknown"});
      s.ready = changed = true;
    }
  if (reading_ && reader_ && now - request_begun_ > a.http.read_timeout) {
    refuse({ec::request_timeout,
            "the request was not complete after " + seconds_text(a.http.read_timeout) + " s (http.read_timeout)"});
    changed = true;
  } else if (reading_ && !reader_ && slots_.empty() && !writing_) {
    // Whoever connects is expected to say something sooner than one who has.
    const auto allowed = served_ ? a.http.idle_timeout : std::min(a.http.idle_timeout, a.http.read_timeout);
    if (now - quiet_since_ > allowed)
      return close();
  }
  if (changed)
    flush();
}

} // namespace callboard
