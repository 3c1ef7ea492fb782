#include "http/api/report_text.hpp"

#include "core/reports/reservation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace callboard {

namespace {

constexpr double us_per_second = 1e6;

double seconds_of(double us) {
  return us / us_per_second;
}
double seconds_of(uint64_t us) {
  return seconds_of(static_cast<double>(us));
}
double seconds_of(int64_t us) {
  return seconds_of(static_cast<double>(us));
}

/// Of what ended well or badly; cancelled jobs are neither.
std::optional<double> success_share(const report_row& r) {
  const auto ended = r.completed + r.failed;
  return ended == 0 ? std::nullopt : std::optional{static_cast<double>(r.completed) / static_cast<double>(ended)};
}

void write_times(json_writer& w, const sparse_histogram& h) {
  w.open('{').key("count").number(h.count());
  const auto mean = h.count() == 0 ? 0 : static_cast<double>(h.sum()) / static_cast<double>(h.count());
  w.key("mean").real(seconds_of(mean));
  w.key("p50").real(seconds_of(h.quantile(0.5)));
  w.key("p95").real(seconds_of(h.quantile(0.95)));
  w.key("p99").real(seconds_of(h.quantile(0.99)));
  w.key("max").real(seconds_of(h.max())).close('}');
}

void write_codes(json_writer& w, const report_row& r) {
  w.open('[');
  for (const auto& [code, times] : r.codes)
    w.open('{').key("code").text(code).key("count").number(times).close('}');
  w.close(']');
}

void write_row(json_writer& w, std::string_view name, const report_row& r) {
  w.open('{').key("name").text(name);
  for (const auto& [key, n] :
       std::initializer_list<std::pair<std::string_view, uint64_t>>{{"submitted", r.submitted},
                                                                    {"completed", r.completed},
                                                                    {"failed", r.failed},
                                                                    {"cancelled", r.cancelled},
                                                                    {"retried", r.retried},
                                                                    {"lost", r.lost},
                                                                    {"deadlineMissed", r.deadline_missed}})
    w.key(key).number(n);
  w.key("successShare");
  if (const auto share = success_share(r))
    w.real(*share);
  else
    w.raw("null");
  w.key("waitSeconds");
  write_times(w, r.wait_us);
  w.key("runSeconds");
  write_times(w, r.run_us);
  w.key("usage").open('{').key("attempts").number(r.usage.attempts);
  w.key("runSeconds").real(seconds_of(r.usage.wall_us));
  w.key("cpuSeconds").real(seconds_of(r.usage.cpu_us));
  w.key("slotSeconds").real(seconds_of(r.slot_us));
  w.key("memoryByteSeconds").real(r.usage.memory_byte_seconds);
  w.key("cost").real(r.usage.cost);
  w.key("cpuReservedSeconds").real(seconds_of(r.cpu_asked_us));
  w.key("memoryReservedByteSeconds").real(r.memory_asked_byte_seconds).close('}');
  w.key("codes");
  write_codes(w, r);
  w.close('}');
}

void write_head(json_writer& w, const report_answer& r, bool enabled) {
  const auto& q = r.query;
  w.open('{').key("enabled").boolean(enabled).key("by").text(to_string(q.by));
  w.key("from").text(to_text(q.from)).key("to").text(to_text(q.to));
  w.key("of").text(to_string(q.kind)).key("name");
  if (q.name.empty())
    w.raw("null");
  else
    w.text(q.name);
}

/// Rows of a report by code are its codes.
size_t shown_rows(const report_answer& r, size_t rows_max) {
  return std::min(r.lines.size(), rows_max);
}

void write_reservation(json_writer& w, const reservation& x) {
  w.open('{').key("askedMax").number(x.asked_max).key("measured").number(x.measured);
  w.key("usedP50").number(x.used_p50).key("usedP95").number(x.used_p95).key("usedMax").number(x.used_max);
  w.key("suggested");
  if (x.suggested)
    w.number(*x.suggested);
  else
    w.raw("null");
  w.key("reason").text(x.reason).close('}');
}

/// Fields of one line, quoted where they must be.
class csv_line {
public:
  explicit csv_line(std::string& out) : out_(out) {
  }
  csv_line& text(std::string_view v) {
    separate();
    if (v.find_first_of("\",\r\n") == std::string_view::npos) {
      out_ += v;
      return *this;
    }
    out_ += '"';
    for (const auto c : v)
      out_.append(c == '"' ? 2 : 1, c);
    out_ += '"';
    return *this;
  }
  csv_line& number(uint64_t v) {
    return text(std::to_string(v));
  }
  csv_line& real(double v) {
    char digits[32];
    return text({digits, std::to_chars(digits, digits + sizeof digits, v).ptr});
  }
  void end() {
    out_ += "\r\n";
  }

private:
  void separate() {
    if (!std::exchange(first_, false))
      out_ += ',';
  }
  std::string& out_;
  bool first_ = true;
};

void add_head(std::string& out, std::initializer_list<std::string_view> names) {
  csv_line line{out};
  for (const auto name : names)
    line.text(name);
  line.end();
}

} // namespace

void write_report(json_writer& w, const report_answer& r, bool enabled, size_t rows_max) {
  const bool by_code = r.query.by == report_by::code;
  const auto shown = shown_rows(r, rows_max);
  write_head(w, r, enabled);
  w.key("rows").open('[');
  for (size_t i = 0; !by_code && i < shown; ++i)
    write_row(w, r.lines[i].name, r.lines[i].row);
  w.close(']').key("count").number(by_code ? 0 : shown).key("leftOut").number(r.lines.size() - shown);
  w.key("total");
  if (by_code || r.query.by == report_by::tag)
    w.raw("null");
  else
    write_row(w, "", r.total);
  w.key("codes").open('[');
  for (size_t i = 0; by_code && i < shown; ++i)
    w.open('{').key("code").text(r.lines[i].name).key("count").number(r.lines[i].row.failed).close('}');
  w.close(']').close('}');
}

std::string report_csv(const report_answer& r, size_t rows_max) {
  std::string out;
  const auto shown = shown_rows(r, rows_max);
  const auto first = to_string(r.query.by);
  if (r.query.by == report_by::code) {
    add_head(out, {first, "count"});
    for (size_t i = 0; i < shown; ++i)
      csv_line{out}.text(r.lines[i].name).number(r.lines[i].row.failed).end();
    return out;
  }
  add_head(out, {first,
                 "submitted",
                 "completed",
                 "failed",
                 "cancelled",
                 "retried",
                 "lost",
                 "deadlineMissed",
                 "successShare",
                 "waitP50Seconds",
                 "waitP95Seconds",
                 "waitP99Seconds",
                 "runP50Seconds",
                 "runP95Seconds",
                 "runP99Seconds",
                 "attempts",
                 "cpuSeconds",
                 "slotSeconds",
                 "memoryByteSeconds",
                 "cost"});
  for (size_t i = 0; i < shown; ++i) {
    const auto& x = r.lines[i].row;
    csv_line line{out};
    line.text(r.lines[i].name);
    for (const auto n : {x.submitted, x.completed, x.failed, x.cancelled, x.retried, x.lost, x.deadline_missed})
      line.number(n);
    if (const auto share = success_share(x))
      line.real(*share);
    else
      line.text("");
    for (const auto* h : {&x.wait_us, &x.run_us})
      for (const auto q : {0.5, 0.95, 0.99})
        line.real(seconds_of(h->quantile(q)));
    line.number(x.usage.attempts).real(seconds_of(x.usage.cpu_us)).real(seconds_of(x.slot_us));
    line.real(x.usage.memory_byte_seconds).real(x.usage.cost).end();
  }
  return out;
}

void write_reservations(json_writer& w, const report_answer& r, bool enabled, size_t rows_max) {
  const auto shown = shown_rows(r, rows_max);
  w.open('{').key("enabled").boolean(enabled);
  w.key("from").text(to_text(r.query.from)).key("to").text(to_text(r.query.to));
  w.key("marginPercent").number(reservation_margin_percent);
  w.key("attemptsMin").number(reservation_attempts_min);
  w.key("types").open('[');
  for (size_t i = 0; i < shown; ++i) {
    const auto& x = r.lines[i].row;
    w.open('{').key("type").text(r.lines[i].name);
    w.key("attempts").number(x.usage.attempts).key("attemptsAsking").number(x.asked_attempts);
    w.key("cpuMilli");
    write_reservation(w, cpu_reservation(x));
    w.key("memoryBytes");
    write_reservation(w, memory_reservation(x));
    w.key("cpuReservedSeconds").real(seconds_of(x.cpu_asked_us));
    w.key("cpuUsedSeconds").real(seconds_of(x.usage.cpu_us)).close('}');
  }
  w.close(']').key("count").number(shown).key("leftOut").number(r.lines.size() - shown).close('}');
}

std::string reservations_csv(const report_answer& r, size_t rows_max) {
  std::string out;
  add_head(out, {"type", "resource", "attempts", "askedMax", "measured", "usedP50", "usedP95", "usedMax", "suggested",
                 "reason"});
  for (size_t i = 0; i < shown_rows(r, rows_max); ++i) {
    const auto& x = r.lines[i].row;
    for (const auto& [name, y] : {std::pair{"cpuMilli", cpu_reservation(x)}, {"memoryBytes", memory_reservation(x)}}) {
      csv_line line{out};
      line.text(r.lines[i].name).text(name).number(x.usage.attempts).number(y.asked_max).number(y.measured);
      line.number(y.used_p50).number(y.used_p95).number(y.used_max);
      line.text(y.suggested ? std::to_string(*y.suggested) : "").text(y.reason).end();
    }
  }
  return out;
}

} // namespace callboard
