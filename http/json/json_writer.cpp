#include "http/json/json_writer.hpp"

#include "core/base/rfc3339.hpp"

#include <charconv>
#include <cmath>

namespace callboard {

json_writer& json_writer::any_key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  comma_ = false;
  return *this;
}

json_writer& json_writer::text(std::string_view v) {
  separate();
  append_json_string(out_, v);
  comma_ = true;
  return *this;
}

json_writer& json_writer::signed_number(int64_t v) {
  char buf[24];
  const auto end = std::to_chars(buf, buf + sizeof buf, v).ptr;
  return raw({buf, end});
}

json_writer& json_writer::unsigned_number(uint64_t v) {
  char buf[24];
  const auto end = std::to_chars(buf, buf + sizeof buf, v).ptr;
  return raw({buf, end});
}

json_writer& json_writer::real(double v) {
  char buf[32];
  const auto end = std::to_chars(buf, buf + sizeof buf, std::isfinite(v) ? v : 0.0).ptr;
  return raw({buf, end});
}

json_writer& json_writer::time(time_point t) {
  separate();
  out_ += '"';
  append_rfc3339(out_, t);
  out_ += '"';
  comma_ = true;
  return *this;
}

json_writer& json_writer::seconds(duration d) {
  if (d.count() % 1'000'000 == 0)
    return signed_number(d.count() / 1'000'000);
  return real(static_cast<double>(d.count()) / 1e6);
}

} // namespace callboard
