#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Largest field of a CSV file, and longest line of a JSON-lines file.
inline constexpr size_t record_bytes_max = 16u << 20;

/// Input that is not what it should be, with the place.
struct input_fault : std::runtime_error {
  input_fault(uint64_t at_line, const std::string& what) : std::runtime_error(what), line(at_line) {
  }
  uint64_t line; ///< from 1
};

/// Splits CSV (RFC 4180) into records. Line ends are LF or CRLF, also within quotes; empty lines are no records. Bytes
/// come in pieces of any size, without a byte order mark.
class csv_reader {
public:
  struct field {
    std::string text;
    bool quoted = false; ///< tells "" from nothing
  };
  /// Gets each record and the line it begins in; the fields may be moved from.
  using record_sink = std::function<void(std::vector<field>&, uint64_t line)>;

  csv_reader(char delimiter, record_sink sink);

  /// Throws input_fault.
  void add(std::string_view bytes);
  /// The end of the file. Throws input_fault.
  void finish();

private:
  enum class state : uint8_t { field_start, plain, quoted, quote_in_quoted, after_cr };

  void take(char c);
  void take_plain(char c);
  void append(char c);
  void end_field();
  void end_record();
  std::string place() const;

  const char delimiter_;
  const record_sink sink_;
  state state_ = state::field_start;
  std::vector<field> record_;
  field field_;
  uint64_t line_ = 1;
  uint64_t record_line_ = 1;
};

/// A field as CSV: quoted where needed.
std::string csv_field(std::string_view text, char delimiter);

} // namespace callboard
