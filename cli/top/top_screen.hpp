#pragma once

#include "cli/top/top_cell.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

class top_model;

/// A grid of characters, each a column wide, as a terminal has it.
class top_screen {
public:
  struct spot {
    std::string glyph = " "; ///< a character in UTF-8
    look as = look::plain;
  };

  top_screen(size_t width, size_t height) : width_(width), height_(height), spots_(width * height) {
  }

  size_t width() const {
    return width_;
  }
  size_t height() const {
    return height_;
  }
  const spot& at(size_t x, size_t y) const {
    return spots_[y * width_ + x];
  }

  /// Writes a text from there to the right; what does not fit into `room` columns ends in an ellipsis. Answers the
  /// column behind it.
  size_t put(size_t x, size_t y, std::string_view text, look as = look::plain, size_t room = SIZE_MAX);
  /// The whole line in this look; what is written on it stays.
  void dress(size_t y, look as);

  /// Its lines, without blanks at their ends.
  std::string text() const;

private:
  size_t width_, height_;
  std::vector<spot> spots_;
};

/// Draws the model into a screen of that size; tells the model how many rows its panes have room for. A screen that is
/// too small says so.
/// @param now  for how long the scheduler has been up
top_screen draw_top(top_model& model, size_t width, size_t height, time_point now);

} // namespace callboard
