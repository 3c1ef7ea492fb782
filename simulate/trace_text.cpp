#include "simulate/trace_text.hpp"

#include "core/base/rfc3339.hpp"
#include "core/base/seconds_text.hpp"
#include "http/json/json_writer.hpp"

namespace callboard::simulate {

namespace {

std::string two_digits(int64_t n) {
  return std::to_string(100 + n).substr(1);
}

/// With at least one space behind it.
std::string padded(std::string text, size_t width) {
  text.append(text.size() < width ? width - text.size() : 1, ' ');
  return text;
}

/// Names come from files: no control characters on a terminal.
std::string printable(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = '?';
  return text;
}

std::string counts_text(const run_report& r) {
  std::string out;
  for (const auto& [state, n] : r.jobs)
    out += (out.empty() ? "" : ", ") + std::to_string(n) + " " + state;
  return out.empty() ? "no jobs" : out;
}

} // namespace

std::string clock_text(duration d) {
  using namespace std::chrono;
  const auto ms = floor<milliseconds>(d).count();
  const auto s = ms / 1000;
  std::string out = s >= 86400 ? std::to_string(s / 86400) + "d " : "";
  out += two_digits(s / 3600 % 24) + ":" + two_digits(s / 60 % 60) + ":" + two_digits(s % 60);
  return out + "." + std::to_string(1000 + ms % 1000).substr(1);
}

std::string trace_line(const trace_event& e) {
  constexpr size_t what_width = 12, subject_width = 12;
  return printable(clock_text(e.at.elapsed) + "  " + to_rfc3339(e.at.wall) + "  " + padded(e.what, what_width) +
                   padded(e.subject, subject_width) + e.text);
}

std::string trace_json(const trace_event& e) {
  std::string out;
  json_writer w{out};
  w.open('{').key("elapsed").seconds(e.at.elapsed).key("time").time(e.at.wall).key("event").text(e.what);
  if (!e.subject.empty())
    w.key("subject").text(e.subject);
  w.key("text").text(e.text).close('}');
  return out;
}

std::string summary_text(const scenario& plan, const run_report& r, duration real) {
  std::string out;
  for (const auto& u : r.unmet)
    out += printable("NOT MET at " + clock_text(u.at) + ": " + u.path) + "\n  expected: " + printable(u.expected) +
           "\n  was:      " + printable(u.was) + "\n";
  for (const auto& fault : r.faults)
    out += printable("FAULT: " + fault) + "\n";
  out += printable(plan.name) + ": " + (r.good() ? "as expected" : "NOT as expected") + "; " + counts_text(r) + "; " +
         clock_text(r.lasted) + " in " + seconds_text(std::chrono::floor<std::chrono::milliseconds>(real)) + " s\n";
  return out;
}

std::string summary_json(const scenario& plan, const run_report& r, duration real) {
  std::string out;
  json_writer w{out};
  w.open('{').key("scenario").text(plan.name).key("asExpected").boolean(r.good()).key("unmet").open('[');
  for (const auto& u : r.unmet)
    w.open('{')
      .key("elapsed")
      .seconds(u.at)
      .key("path")
      .text(u.path)
      .key("expected")
      .text(u.expected)
      .key("was")
      .text(u.was)
      .close('}');
  w.close(']').key("faults").open('[');
  for (const auto& fault : r.faults)
    w.text(fault);
  w.close(']').key("jobs").open('{');
  for (const auto& [state, n] : r.jobs)
    w.key(state).number(n);
  w.close('}').key("elapsed").seconds(r.lasted).key("realSeconds").seconds(real).key("events").number(r.events);
  w.close('}');
  return out;
}

} // namespace callboard::simulate
