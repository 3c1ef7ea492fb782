#include "cli/format.hpp"

#include "core/base/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

namespace callboard {

namespace {

constexpr std::string_view reset = "\033[0m";

/// Where each status has its colour; job and worker states share words only where they mean the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> status_colours{{
  {"queued", "\033[2m"},
  {"scheduled", "\033[36m"},
  {"running", "\033[34m"},
  {"retrying", "\033[33m"},
  {"completed", "\033[32m"},
  {"failed", "\033[31m"},
  {"cancelled", "\033[2m"},
  {"starting", "\033[33m"},
  {"idle", "\033[32m"},
  {"working", "\033[34m"},
  {"stopping", "\033[33m"},
  {"stopped", "\033[2m"},
  {"suspect", "\033[33m"},
}};

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string one_decimal(int64_t value, int64_t unit) {
  const auto tenths = value * 10 / unit;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10));
}

} // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) {
      out += text[i] == '\n' || text[i] == '\t' ? ' ' : '?';
    } else if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += '?';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

size_t columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string shortened(std::string_view text, size_t columns_max) {
  if (columns(text) <= columns_max)
    return std::string{text};
  size_t end = 0;
  for (size_t left = columns_max; end < text.size(); ++end)
    if (!is_continuation(text[end]) && left-- == 1)
      break;
  return std::string{text.substr(0, end)} + "…";
}

std::string relative_time(time_point t, time_point now) {
  const bool past = t <= now;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(past ? now - t : t - now).count();
  if (seconds == 0)
    return past ? "just now" : "in 1s";
  static constexpr std::array<std::pair<int64_t, std::string_view>, 4> units{
    {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  const auto* unit = units.begin();
  while (seconds < unit->first)
    ++unit;
  const auto text = std::to_string(seconds / unit->first) + std::string{unit->second};
  return past ? text + " ago" : "in " + text;
}

std::string relative_time(std::string_view rfc3339, time_point now) {
  const auto t = parse_rfc3339(rfc3339);
  return t ? relative_time(*t, now) : printable(rfc3339);
}

std::string short_duration(duration d) {
  const auto us = d.count();
  constexpr int64_t ms = 1000, s = 1000 * ms, min = 60 * s, h = 60 * min, day = 24 * h;
  const auto two = [us](int64_t large, std::string_view name, int64_t small, std::string_view rest_name) {
    const auto rest = us % large / small;
    return std::to_string(us / large) + std::string{name} +
           (rest == 0 ? "" : " " + std::to_string(rest) + std::string{rest_name});
  };
  if (us < s)
    return us < ms ? one_decimal(us, ms) + "ms" : std::to_string(us / ms) + "ms";
  if (us < min)
    return one_decimal(us, s) + "s";
  if (us < h)
    return two(min, "min", s, "s");
  if (us < day)
    return two(h, "h", min, "min");
  return two(day, "d", h, "h");
}

palette::palette(const program_context& context) {
  const auto no_colour = context.environment.find("NO_COLOR");
  on_ = context.terminal && (no_colour == context.environment.end() || no_colour->second.empty());
}

std::string palette::status(std::string_view status) const {
  return painted(status, status);
}

std::string palette::painted(std::string_view status, std::string_view text) const {
  if (on_)
    for (const auto& [name, colour] : status_colours)
      if (name == status)
        return std::string{colour} + std::string{text} + std::string{reset};
  return std::string{text};
}

std::string palette::bold(std::string_view text) const {
  return on_ ? "\033[1m" + std::string{text} + std::string{reset} : std::string{text};
}

table::table(std::vector<std::string> head, int status_column)
  : head_(std::move(head)), status_column_(status_column), widths_(head_.size()) {
  for (size_t i = 0; i < head_.size(); ++i)
    widths_[i] = columns(head_[i]);
}

void table::add(std::vector<std::string> row) {
  row.resize(head_.size());
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] = printable(row[i]);
    widths_[i] = std::max(widths_[i], columns(row[i]));
  }
  rows_.push_back(std::move(row));
}

void table::flush(std::ostream& out, const palette& colours) {
  const auto padded = [this](const std::string& cell, size_t i) {
    // The last column needs no padding.
    return i + 1 == widths_.size() ? cell : cell + std::string(widths_[i] - columns(cell), ' ');
  };
  if (!std::exchange(head_printed_, true)) {
    std::string line;
    for (size_t i = 0; i < head_.size(); ++i)
      line += (i == 0 ? "" : "  ") + padded(head_[i], i);
    out << colours.bold(line) << '\n';
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      const auto cell = padded(row[i], i);
      out << (i == 0 ? "" : "  ") << (static_cast<int>(i) == status_column_ ? colours.painted(row[i], cell) : cell);
    }
    out << '\n';
  }
  rows_.clear();
}

} // namespace callboard
