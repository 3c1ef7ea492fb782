#pragma once

#include <string>
#include <vector>

namespace callboard {

/// How a text looks. What it means in colours is known where it is drawn.
enum class look { plain, bold, dim, head, chosen, good, busy, warning, bad };

/// A cell of a table: the text, and the number behind it by which rows are sorted, if there is one.
struct top_cell {
  std::string text;
  double number = 0;
  bool is_number = false;
  look as = look::plain;
};

inline top_cell text_cell(std::string text, look as = look::plain) {
  return {std::move(text), 0, false, as};
}
inline top_cell number_cell(double number, std::string text, look as = look::plain) {
  return {std::move(text), number, true, as};
}

/// A row of a pane. The id is what the scheduler calls it.
struct top_row {
  std::string id;
  std::vector<top_cell> cells;
};

} // namespace callboard
