#include "actors/worker/attempt_lines.hpp"

#include "core/base/utf8.hpp"

#include <utility>

namespace callboard {

bool attempt_lines::add(std::string_view line) {
  if (lines_max_ == 0)
    return false;
  std::lock_guard lock{mutex_};
  const bool is_first = reported_ == kept_.end();
  // Twice as many before the oldest go, so that each line is moved once.
  if (kept_.lines.size() >= 2 * size_t{lines_max_}) {
    kept_.lines.erase(kept_.lines.begin(), kept_.lines.end() - lines_max_);
    kept_.first += lines_max_;
  }
  kept_.lines.emplace_back(line.substr(0, utf8_prefix(line, line_bytes_max_)));
  return is_first;
}

log_lines attempt_lines::take_new() {
  std::lock_guard lock{mutex_};
  const auto from = std::max(reported_, kept_.end() - std::min<uint64_t>(lines_max_, kept_.lines.size()));
  reported_ = kept_.end();
  return lines_from(kept_, from);
}

log_lines attempt_lines::take_all() {
  std::lock_guard lock{mutex_};
  const auto end = kept_.end();
  auto out = lines_from(kept_, end - std::min<uint64_t>(lines_max_, kept_.lines.size()));
  kept_ = {end, {}};
  reported_ = end;
  return out;
}

} // namespace callboard
