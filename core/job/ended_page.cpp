#include "core/job/ended_page.hpp"

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

constexpr std::string_view version = "1";

void append_number(std::string& out, uint64_t v) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, v, 16).ptr;
  out.append(".").append(digits, end);
}

/// A number after a dot, which go from the front of `text`; none: there is none.
template <class T>
std::optional<T> take_number(std::string_view& text) {
  if (!text.starts_with('.'))
    return std::nullopt;
  T v = 0;
  const auto [end, failure] = std::from_chars(text.data() + 1, text.data() + text.size(), v, 16);
  if (failure != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return v;
}

} // namespace

std::string to_string(const ended_cursor& c) {
  std::string out{version};
  for (const uint64_t v : {c.row, uint64_t{c.taken}, c.memory_row, uint64_t{c.memory_taken}})
    append_number(out, v);
  return out;
}

result<ended_cursor> parse_ended_cursor(std::string_view text) {
  auto rest = text;
  if (rest.starts_with(version)) {
    rest.remove_prefix(version.size());
    const auto row = take_number<uint64_t>(rest);
    const auto taken = take_number<uint32_t>(rest);
    const auto memory_row = take_number<uint64_t>(rest);
    const auto memory_taken = take_number<uint32_t>(rest);
    if (row && taken && memory_row && memory_taken && rest.empty())
      return ended_cursor{*row, *taken, *memory_row, *memory_taken};
  }
  return error{ec::invalid_value, "it must be a cursor that an earlier answer gave, such as 1.0.0.0.0"};
}

bool wants(const ended_query& q, const job_record& job) {
  const auto& s = job.spec;
  return (!q.state || *q.state == job.state) && (!q.from || job.finished_at.value_or(time_point{}) >= *q.from) &&
         (q.type.empty() || q.type == s.type) && (q.queue.empty() || q.queue == s.queue) &&
         (q.tag.empty() || std::find(s.tags.begin(), s.tags.end(), q.tag) != s.tags.end());
}

uint64_t bytes_told(const job_record& job) {
  uint64_t n = job.spec.payload.size() + job.result.size();
  for (const auto& line : job.log.lines)
    n += line.size();
  return n;
}

} // namespace callboard
