#include "core/calendar/schedule_definition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace callboard {

namespace {

const utc_rules utc;

std::string two_digits(unsigned n) {
  std::array<char, 12> text{};
  std::snprintf(text.data(), text.size(), "%02u", n);
  return text.data();
}

std::string date_text(std::chrono::year_month_day d) {
  std::array<char, 16> year{};
  std::snprintf(year.data(), year.size(), "%04d", static_cast<int>(d.year()));
  return std::string{year.data()} + '-' + two_digits(static_cast<unsigned>(d.month())) + '-' +
         two_digits(static_cast<unsigned>(d.day()));
}

/// RFC 3339, in UTC, to the second.
std::string time_text(std::chrono::sys_seconds t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::hh_mm_ss clock{t - day};
  return date_text(day) + 'T' + two_digits(static_cast<unsigned>(clock.hours().count())) + ':' +
         two_digits(static_cast<unsigned>(clock.minutes().count())) + ':' +
         two_digits(static_cast<unsigned>(clock.seconds().count())) + 'Z';
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

/// The times have no characters that JSON escapes, so they may stand in any of its strings.
blob payload_for(const blob& payload, const schedule_rules& r, time_point fire) {
  constexpr std::string_view mark = "${schedule.";
  if (payload.view().find(mark) == std::string_view::npos)
    return payload;
  const auto second = std::chrono::floor<std::chrono::seconds>(fire);
  const auto local = (r.zone ? *r.zone : utc).local(second);
  std::string text{payload.view()};
  replace_all(text, "${schedule.time}", time_text(second));
  replace_all(text, "${schedule.date}",
              date_text(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(local)}));
  return blob{std::move(text)};
}

/// The names of the fields as stored.
constexpr std::string_view stored_paused = "paused", stored_handled = "handled", stored_waiting = "waiting",
                           stored_fire = "fire", stored_job = "job", stored_fired = "fired", stored_missed = "missed",
                           stored_skipped = "skipped", stored_unfinished = "unfinished";

std::string us_text(time_point t) {
  return std::to_string(t.time_since_epoch().count());
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), into);
  return bad == std::errc{} && end == text.data() + text.size();
}

bool read_time(std::string_view text, time_point& into) {
  int64_t us = 0;
  if (!read_number(text, us))
    return false;
  into = time_point{duration{us}};
  return true;
}

bool read_field(std::string_view name, std::string_view value, schedule_progress& p) {
  time_point t;
  uint64_t n = 0;
  if (name == stored_paused)
    return p.paused = value == "1", value == "1" || value == "0";
  if (name == stored_handled)
    return read_time(value, p.handled);
  if (name == stored_waiting || name == stored_fire) {
    (name == stored_waiting ? p.waiting : p.last_fire) = t;
    return read_time(value, name == stored_waiting ? *p.waiting : *p.last_fire);
  }
  if (name == stored_job)
    return read_number(value, p.last_job.value);
  if (name == stored_fired)
    return read_number(value, p.fired);
  if (name == stored_missed)
    return read_number(value, p.missed);
  if (name == stored_skipped)
    return read_number(value, p.skipped);
  if (name != stored_unfinished)
    return true; // of a later program
  while (!value.empty()) {
    const auto end = std::min(value.find(','), value.size());
    if (!read_number(value.substr(0, end), n))
      return false;
    p.unfinished.push_back(job_id{n});
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return true;
}

} // namespace

std::string to_text(const schedule_progress& p) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!out.empty())
      out += ' ';
    out.append(name).append("=").append(value);
  };
  add(stored_paused, p.paused ? "1" : "0");
  add(stored_handled, us_text(p.handled));
  if (p.waiting)
    add(stored_waiting, us_text(*p.waiting));
  if (p.last_fire)
    add(stored_fire, us_text(*p.last_fire));
  if (p.last_job)
    add(stored_job, std::to_string(p.last_job.value));
  add(stored_fired, std::to_string(p.fired));
  add(stored_missed, std::to_string(p.missed));
  add(stored_skipped, std::to_string(p.skipped));
  if (!p.unfinished.empty()) {
    std::string list;
    for (auto id : p.unfinished)
      list += (list.empty() ? "" : ",") + std::to_string(id.value);
    add(stored_unfinished, list);
  }
  return out;
}

result<schedule_progress> parse_schedule_progress(std::string_view text) {
  const error corrupt{ec::corrupt_record, "where a schedule stands cannot be read: '" + std::string{text} + "'"};
  schedule_progress p;
  bool handled = false;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = field.find('=');
    if (equals == std::string_view::npos || !read_field(field.substr(0, equals), field.substr(equals + 1), p))
      return corrupt;
    handled = handled || field.substr(0, equals) == stored_handled;
  }
  if (!handled)
    return corrupt;
  return p;
}

std::string schedule_tag(std::string_view name) {
  return "schedule:" + std::string{name};
}

job_spec job_for(const schedule_definition& d, time_point fire, bool by_hand) {
  auto spec = d.job;
  spec.payload = payload_for(spec.payload, d.rules, fire);
  spec.tags.push_back(schedule_tag(d.name));
  if (d.start_within)
    spec.deadline = fire + *d.start_within;
  spec.origin = schedule_origin{d.name, d.version, fire, by_hand};
  return spec;
}

} // namespace callboard
