#include "cli/top/top_screen.hpp"

#include "cli/format.hpp"

#include <algorithm>

namespace callboard {

namespace {

/// Bytes of the character that begins there.
size_t glyph_bytes(std::string_view text) {
  size_t n = 1;
  while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80)
    ++n;
  return n;
}

} // namespace

size_t top_screen::put(size_t x, size_t y, std::string_view text, look as, size_t room) {
  if (y >= height_ || x >= width_)
    return x;
  const auto shown = shortened(text, std::min(room, width_ - x));
  for (std::string_view rest = shown; !rest.empty() && x < width_; ++x) {
    const auto n = glyph_bytes(rest);
    spots_[y * width_ + x] = {std::string{rest.substr(0, n)}, as};
    rest.remove_prefix(n);
  }
  return x;
}

void top_screen::dress(size_t y, look as) {
  for (size_t x = 0; x < width_ && y < height_; ++x)
    spots_[y * width_ + x].as = as;
}

std::string top_screen::text() const {
  std::string out;
  for (size_t y = 0; y < height_; ++y) {
    std::string line;
    for (size_t x = 0; x < width_; ++x)
      line += at(x, y).glyph;
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

} // namespace callboard
