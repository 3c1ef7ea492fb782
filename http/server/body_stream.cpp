#include "http/server/body_stream.hpp"

#include "http/limits.hpp"

#include <charconv>

namespace callboard {

bool body_stream::append_to(std::string& out) {
  std::string part;
  if (!over_) {
    const auto got = source_->next(part, http_limits::stream_part_bytes);
    over_ = got == body_source::next_part::none;
    if (got == body_source::next_part::later) {
      if (silence_)
        part = source_->filler();
      source_->on_ready(wake_);
    }
    silence_ = false;
  }
  if (plain_) {
    out += part;
    return !over_;
  }
  if (!part.empty()) {
    char digits[16];
    const auto* const end = std::to_chars(digits, digits + sizeof digits, part.size(), 16).ptr;
    out.append(digits, static_cast<size_t>(end - digits)).append("\r\n").append(part).append("\r\n");
  }
  if (over_)
    out += "0\r\n\r\n";
  return !over_;
}

} // namespace callboard
