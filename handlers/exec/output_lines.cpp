#include "handlers/exec/output_lines.hpp"

#include "core/base/utf8.hpp"

#include <utility>

namespace callboard {

void output_lines::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto part = bytes.substr(0, end);
    if (end != std::string_view::npos && begun_.empty() && part.size() <= line_bytes_max_) {
      take(part);
    } else {
      begun_ += part;
      while (begun_.size() > line_bytes_max_) {
        const auto whole = utf8_prefix(begun_, line_bytes_max_);
        const auto cut = whole != 0 ? whole : line_bytes_max_; // it is no UTF-8
        take_(std::string_view{begun_}.substr(0, cut));
        begun_.erase(0, cut);
      }
      if (end != std::string_view::npos)
        take(std::exchange(begun_, {}));
    }
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  }
}

void output_lines::end() {
  if (!begun_.empty())
    take(std::exchange(begun_, {}));
}

void output_lines::take(std::string_view line) {
  if (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  take_(line);
}

} // namespace callboard
