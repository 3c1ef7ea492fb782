#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// One JSON value that is neither object nor array.
struct json_scalar {
  enum class type : uint8_t { null, boolean, integer, natural, real, text };
  type is = type::null;
  bool boolean = false;
  int64_t integer = 0;  ///< negative numbers
  uint64_t natural = 0; ///< zero and above
  double real = 0;      ///< with a fraction or exponent, or too large for 64 bits
  std::string* text = nullptr;
  std::string_view digits = {}; ///< of a real: as it was written, for who must not round it
};

/// "a string", "an object": for messages.
std::string_view name_of(json_scalar::type t);

/// What a reader of JSON is told, in the order of the text. False stops the parser: the reader knows why.
class json_events {
public:
  /// @param at  just behind what was read last; for `key`, behind the closing quote.
  virtual bool scalar(const json_scalar& v, const char* at) = 0;
  virtual bool open(bool array, const char* at) = 0;
  virtual bool close(const char* at) = 0;
  virtual bool key(std::string& name, const char* at) = 0;

protected:
  ~json_events() = default;
};

/// Reads one JSON text (RFC 8259, UTF-8, nothing after it) once, without recursion.
/// Errors: malformed_json (the message names the byte), out_of_range for a number no double holds. Nothing also when
/// the reader stopped the parser.
std::optional<error> parse_json(std::string_view text, json_events& to, uint32_t depth_max);

/// The start of the value of a key, given the place behind the key's closing quote.
const char* value_begin(const char* behind_key, const char* end);
/// The end of a value, given its start and how far the parser has read: a number is only known to be over when the
/// byte behind it was read.
const char* value_end(const char* begin, const char* at, const char* end);

} // namespace callboard
