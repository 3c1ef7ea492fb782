#pragma once

#include "core/base/json_string.hpp"
#include "core/base/time.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace callboard {

/// Writes JSON straight into a string, commas included. The caller keeps the nesting right.
class json_writer {
public:
  explicit json_writer(std::string& out) : out_(out) {
  }

  json_writer& open(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
    return *this;
  }
  json_writer& close(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
  }
  /// `name` is written as it is: a plain identifier of ours.
  json_writer& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    comma_ = false;
    return *this;
  }
  /// A key that is not ours.
  json_writer& any_key(std::string_view name);
  json_writer& text(std::string_view v);
  json_writer& number(std::integral auto v) {
    if constexpr (std::signed_integral<decltype(v)>)
      return signed_number(v);
    else
      return unsigned_number(v);
  }
  /// Not a number and infinities become 0.
  json_writer& real(double v);
  json_writer& boolean(bool v) {
    return raw(v ? "true" : "false");
  }
  json_writer& time(time_point t);
  /// Seconds, with a fraction where there is one.
  json_writer& seconds(duration d);
  /// `json` is valid JSON already.
  json_writer& raw(std::string_view json) {
    separate();
    out_ += json;
    comma_ = true;
    return *this;
  }

private:
  void separate() {
    if (comma_)
      out_ += ',';
  }
  json_writer& signed_number(int64_t v);
  json_writer& unsigned_number(uint64_t v);

  std::string& out_;
  bool comma_ = false;
};

} // namespace callboard
