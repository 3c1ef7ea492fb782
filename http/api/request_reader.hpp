#pragma once

#include "http/message.hpp"

#include <boost/beast/http/basic_parser.hpp>

namespace callboard {

/// Reads one HTTP/1.x request. Of the header only what a handler needs is kept, so that a request costs no allocation
/// per header line; the body is collected as it comes, whatever its Content-Length promises.
class request_reader final : public boost::beast::http::basic_parser<true> {
public:
  explicit request_reader(uint64_t header_bytes_max);

  /// The body is read and forgotten.
  void discard_body() {
    discard_ = true;
  }
  bool expects_continue() const {
    return expects_continue_;
  }
  /// An Expect header that is not `100-continue`.
  bool expects_other() const {
    return expects_other_;
  }
  bool has_host() const {
    return host_;
  }
  const std::string& host() const {
    return host_name_;
  }
  const std::string& origin() const {
    return origin_;
  }
  const std::string& fetch_site() const {
    return fetch_site_;
  }
  const std::string& accept_encoding() const {
    return accept_encoding_;
  }
  const std::string& if_none_match() const {
    return if_none_match_;
  }
  /// A browser asks whether a page may send a request (CORS).
  bool is_preflight() const {
    return preflight_;
  }
  bool http_1_0() const {
    return version_ < 11;
  }

  http_request request;

private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb method, string_view method_text, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int code, string_view reason, int version, error_code& ec) override;
  void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code& ec) override;
  size_t on_body_impl(string_view part, error_code& ec) override;
  void on_chunk_header_impl(uint64_t size, string_view extensions, error_code& ec) override;
  size_t on_chunk_body_impl(uint64_t remain, string_view part, error_code& ec) override;
  void on_finish_impl(error_code& ec) override;

  int version_ = 11;
  bool discard_ = false;
  bool expects_continue_ = false;
  bool expects_other_ = false;
  bool host_ = false;
  bool header_over_ = false;
  bool preflight_ = false;
  bool options_ = false;
  std::string host_name_, origin_, fetch_site_, accept_encoding_, if_none_match_;
};

} // namespace callboard
