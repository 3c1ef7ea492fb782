#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace callboard {

/// Cuts what a program writes into lines, as it comes.
class output_lines {
public:
  using taker = std::function<void(std::string_view line)>;

  /// @param line_bytes_max  a line goes on as another one after so many bytes  @param take  called with each line,
  /// without its end (`\n` or `\r\n`)
  output_lines(size_t line_bytes_max, taker take) : line_bytes_max_(line_bytes_max), take_(std::move(take)) {
  }

  void add(std::string_view bytes);
  /// No more comes: what is there is the last line, also without its end.
  void end();

private:
  void take(std::string_view line);

  const size_t line_bytes_max_;
  const taker take_;
  std::string begun_;
};

} // namespace callboard
