#include "core/reports/report_row.hpp"

#include "core/base/enum_names.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

constexpr std::array<std::string_view, report_kind_count> kind_names{"all", "type", "queue", "tag", "tenant"};

uint64_t whole(duration d) {
  return static_cast<uint64_t>(std::max<int64_t>(0, d.count()));
}

constexpr uint64_t milli = 1000;

/// What an attempt that ran had used.
void add_use(report_row& r, const metrics_delta::sample& s) {
  if (const auto ran = whole(*s.run); ran > 0)
    r.cpu_used_milli.record(whole(duration{s.usage.cpu_us}) * milli / ran);
  if (s.usage.peak_memory_bytes > 0)
    r.memory_used_bytes.record(s.usage.peak_memory_bytes);
}

/// What it had asked for.
void add_request(report_row& r, const metrics_delta::sample& s) {
  constexpr double us_per_second = 1e6;
  const auto ran_real = static_cast<double>(whole(*s.run));
  r.slot_us += ran_real * s.asked.slots;
  r.asked_attempts += s.asked.cpu_milli > 0 || s.asked.memory_bytes > 0;
  r.cpu_asked_milli_max = std::max(r.cpu_asked_milli_max, s.asked.cpu_milli);
  r.memory_asked_bytes_max = std::max(r.memory_asked_bytes_max, s.asked.memory_bytes);
  r.cpu_asked_us += ran_real * s.asked.cpu_milli / milli;
  r.memory_asked_byte_seconds += ran_real / us_per_second * static_cast<double>(s.asked.memory_bytes);
}

} // namespace

std::string_view to_string(report_kind k) {
  return name_of(kind_names, k);
}

std::optional<report_kind> parse_report_kind(std::string_view text) {
  return value_of<report_kind>(kind_names, text);
}

void report_row::add_code(std::string_view code, uint64_t times) {
  if (code.empty())
    return;
  const auto place = [&](std::string_view name) {
    return std::lower_bound(codes.begin(), codes.end(), name,
                            [](const auto& c, std::string_view wanted) { return c.first < wanted; });
  };
  auto at = place(code);
  if (at == codes.end() || at->first != code) {
    const bool others = std::any_of(codes.begin(), codes.end(), [](const auto& c) { return c.first == other_names; });
    if (code != other_names && codes.size() - (others ? 1 : 0) >= report_codes_max) {
      code = other_names;
      at = place(code);
    }
    if (at == codes.end() || at->first != code)
      at = codes.emplace(at, std::string{code}, 0);
  }
  at->second += times;
}

void report_row::add(const metrics_delta::sample& s, const price_table& prices, report_kind kind) {
  completed += s.after == job_state::completed;
  failed += s.after == job_state::failed;
  cancelled += s.after == job_state::cancelled;
  const bool again = s.charged && s.after == job_state::retrying;
  retried += again;
  lost += s.lost;
  deadline_missed += s.deadline_missed;
  if (again || s.after == job_state::failed)
    add_code(s.code, 1);
  if (s.wait)
    wait_us.record(whole(*s.wait));
  if (s.run) {
    run_us.record(whole(*s.run));
    add_attempt(usage, s.usage, s.asked, *s.run, prices);
    add_request(*this, s);
    if (kind == report_kind::type)
      add_use(*this, s);
  }
}

void report_row::merge(const report_row& x) {
  submitted += x.submitted;
  completed += x.completed;
  failed += x.failed;
  cancelled += x.cancelled;
  retried += x.retried;
  lost += x.lost;
  deadline_missed += x.deadline_missed;
  for (const auto& [code, times] : x.codes)
    add_code(code, times);
  wait_us.merge(x.wait_us);
  run_us.merge(x.run_us);
  usage.attempts += x.usage.attempts;
  usage.cpu_us += x.usage.cpu_us;
  usage.wall_us += x.usage.wall_us;
  usage.memory_byte_seconds += x.usage.memory_byte_seconds;
  usage.cost += x.usage.cost;
  slot_us += x.slot_us;
  cpu_used_milli.merge(x.cpu_used_milli);
  memory_used_bytes.merge(x.memory_used_bytes);
  asked_attempts += x.asked_attempts;
  cpu_asked_milli_max = std::max(cpu_asked_milli_max, x.cpu_asked_milli_max);
  memory_asked_bytes_max = std::max(memory_asked_bytes_max, x.memory_asked_bytes_max);
  cpu_asked_us += x.cpu_asked_us;
  memory_asked_byte_seconds += x.memory_asked_byte_seconds;
}

} // namespace callboard
