#include "http/json/json_source.hpp"

#include <nlohmann/json.hpp>

#include <iterator>

namespace callboard {

namespace {

/// Walks over the text and leaves word of how far the parser has come, which nlohmann's SAX interface does not tell.
class tracked {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  tracked(const char* p, const char** seen) : p_(p), seen_(seen) {
  }
  reference operator*() const {
    return *p_;
  }
  tracked& operator++() {
    *seen_ = ++p_;
    return *this;
  }
  tracked operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const tracked& a, const tracked& b) {
    return a.p_ == b.p_;
  }
  friend bool operator!=(const tracked& a, const tracked& b) {
    return a.p_ != b.p_;
  }

private:
  const char* p_;
  const char** seen_;
};

class sax {
public:
  sax(json_events& to, const char* const& at, const char* begin, uint32_t depth_max)
    : to_(to), at_(at), begin_(begin), depth_max_(depth_max) {
  }

  bool null() {
    return give({});
  }
  bool boolean(bool v) {
    return give({.is = json_scalar::type::boolean, .boolean = v});
  }
  bool number_integer(int64_t v) {
    return give({.is = json_scalar::type::integer, .integer = v});
  }
  bool number_unsigned(uint64_t v) {
    return give({.is = json_scalar::type::natural, .natural = v});
  }
  bool number_float(double v, const std::string& digits) {
    return give({.is = json_scalar::type::real, .real = v, .digits = digits});
  }
  bool string(std::string& v) {
    return give({.is = json_scalar::type::text, .text = &v});
  }
  bool binary(nlohmann::json::binary_t&) {
    return false; // JSON text has none
  }
  bool key(std::string& v) {
    return to_.key(v, at_);
  }
  bool start_object(size_t) {
    return enter(false);
  }
  bool start_array(size_t) {
    return enter(true);
  }
  bool end_object() {
    --depth_;
    return to_.close(at_);
  }
  bool end_array() {
    --depth_;
    return to_.close(at_);
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& e) {
    constexpr int number_overflow = 406;
    const auto byte = std::to_string(at_ - begin_);
    if (e.id == number_overflow)
      err = error{ec::out_of_range, "a number at byte " + byte + " is larger than any double"};
    else
      err = error{ec::malformed_json, "malformed JSON at byte " + byte + ": " + reason(e.what())};
    return false;
  }

  std::optional<error> err;

private:
  bool give(const json_scalar& v) {
    return to_.scalar(v, at_);
  }
  bool enter(bool array) {
    if (++depth_ > depth_max_) {
      err = error{ec::malformed_json, "nested too deep at byte " + std::to_string(at_ - begin_) + ": at most " +
                                        std::to_string(depth_max_) + " levels are allowed (http.json_depth_max)"};
      return false;
    }
    return to_.open(array, at_);
  }
  /// Without the library's number and position, and without the client's own bytes, which may be anything.
  static std::string reason(std::string_view what) {
    constexpr std::string_view start = "syntax error ";
    if (const auto p = what.find(start); p != std::string_view::npos)
      what.remove_prefix(p + start.size());
    if (const auto p = what.find("; last read:"); p != std::string_view::npos) {
      const auto expected = what.rfind("'; expected ");
      const auto rest = expected != std::string_view::npos && expected > p ? what.substr(expected + 1) : "";
      return std::string{what.substr(0, p)} + std::string{rest};
    }
    return std::string{what};
  }

  json_events& to_;
  const char* const& at_;
  const char* begin_;
  uint32_t depth_max_;
  uint32_t depth_ = 0;
};

} // namespace

std::string_view name_of(json_scalar::type t) {
  switch (t) {
  case json_scalar::type::null:
    return "null";
  case json_scalar::type::boolean:
    return "a boolean";
  case json_scalar::type::integer:
  case json_scalar::type::natural:
    return "an integer";
  case json_scalar::type::real:
    return "a number with a fraction or exponent";
  case json_scalar::type::text:
    break;
  }
  return "a string";
}

std::optional<error> parse_json(std::string_view text, json_events& to, uint32_t depth_max) {
  const char* at = text.data();
  sax events{to, at, text.data(), depth_max};
  nlohmann::json::sax_parse(tracked{text.data(), &at}, tracked{text.data() + text.size(), &at}, &events);
  return std::move(events.err);
}

const char* value_begin(const char* p, const char* end) {
  while (p != end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == ':'))
    ++p;
  return p;
}

const char* value_end(const char* begin, const char* at, const char* end) {
  if (begin == end || (*begin != '-' && (*begin < '0' || *begin > '9')))
    return at;
  const auto in_number = [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  };
  while (begin != end && in_number(*begin))
    ++begin;
  return begin;
}

} // namespace callboard
