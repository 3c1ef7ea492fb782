#pragma once

#include "cli/program.hpp"
#include "core/base/time.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Text from elsewhere, safe for a terminal: control characters become `?`, also those of UTF-8 (C1).
std::string printable(std::string_view text);

/// Columns a text takes on a terminal: its code points.
size_t columns(std::string_view text);

/// `text` cut to `columns_max` columns, with an ellipsis where something is missing.
std::string shortened(std::string_view text, size_t columns_max);

/// `just now`, `5s ago`, `in 3min`, `2h ago`, `12d ago`: one unit, rounded down.
std::string relative_time(time_point t, time_point now);

/// The same of RFC 3339 text; empty text stays empty, and what is no time is shown as it came.
std::string relative_time(std::string_view rfc3339, time_point now);

/// `12ms`, `3.2s`, `4min 10s`, `2h 5min`, `3d 4h`
std::string short_duration(duration d);

/// Colours on terminals, unless the variable NO_COLOR is set to something (no-color.org).
class palette {
public:
  explicit palette(const program_context& context);
  /// No colours.
  palette() : on_(false) {
  }
  /// The text in the colour of a job's or a worker's status.
  std::string status(std::string_view status) const;
  /// The same colour for a text that was padded already.
  std::string painted(std::string_view status, std::string_view text) const;
  std::string bold(std::string_view text) const;

private:
  bool on_;
};

/// Aligned columns. Rows may be printed in portions; columns only grow.
class table {
public:
  /// @param status_column  its cells are coloured; -1: none.
  table(std::vector<std::string> head, int status_column = -1);
  void add(std::vector<std::string> row);
  /// Prints the rows that were added since the last time, and first of all the head.
  void flush(std::ostream& out, const palette& colours);

private:
  std::vector<std::string> head_;
  int status_column_;
  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
  bool head_printed_ = false;
};

} // namespace callboard
