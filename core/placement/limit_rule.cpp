#include "core/placement/limit_rule.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace callboard {

namespace {

/// The last one: its value goes to the end of the text.
constexpr std::string_view defaults_field = "defaults=";
constexpr uint8_t priority_bound = 9;
/// A bucket that takes longer than that to become full is as good as one that does so in that time.
constexpr duration longest = std::chrono::hours{24 * 366 * 100};

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), into);
  return bad == std::errc{} && end == text.data() + text.size();
}

/// A field of a rate: `prefix` and its name.
bool read_rate_field(std::string_view name, std::string_view value, std::optional<rate_limit>& rate) {
  if (name == "jobs")
    return rate && read_number(value, rate->jobs) && rate->jobs > 0;
  if (name == "burst")
    return rate && read_number(value, rate->burst) && rate->burst > 0;
  int64_t us = 0;
  if (!read_number(value, us) || us <= 0)
    return false;
  rate.emplace().period = duration{us};
  return true;
}

constexpr std::string_view objective_prefix = "objective_";
constexpr uint32_t millionths_max = 999'999;

/// The window comes first.
bool read_objective_field(std::string_view name, std::string_view value, std::optional<queue_objective>& o) {
  int64_t us = 0;
  if (name == "window") {
    const bool good = read_number(value, us) && us > 0;
    o.emplace().window = duration{us};
    return good;
  }
  if (name == "wait") {
    const bool good = o && read_number(value, us) && us > 0;
    if (good)
      o->wait = duration{us};
    return good;
  }
  if (name == "wait_share")
    return o && read_number(value, o->wait_millionths) && o->wait_millionths <= millionths_max;
  if (name == "success_share")
    return o && read_number(value, o->success_millionths) && o->success_millionths <= millionths_max;
  return true; // of a later program
}

bool read_field(std::string_view name, std::string_view value, limit_rule& r) {
  if (name == "paused") {
    r.paused = value == "1";
    return value == "0" || value == "1";
  }
  if (name == "concurrency")
    return read_number(value, r.concurrency);
  if (name == "weight")
    return read_number(value, r.weight) && r.weight >= 1 && r.weight <= weight_max;
  if (name == "key_concurrency")
    return read_number(value, r.per_key.concurrency);
  if (name == "waiting_max")
    return read_number(value, r.waiting_max);
  if (name == "waiting_bytes_max")
    return read_number(value, r.waiting_bytes_max);
  if (name == "sheds") {
    r.sheds = value == "1";
    return value == "0" || value == "1";
  }
  if (name == "cache_for") {
    int64_t us = 0;
    const bool good = read_number(value, us) && us >= 0;
    r.cache_for = duration{us};
    return good;
  }
  if (name == "redact") {
    r.redact.emplace_back(value);
    return !value.empty();
  }
  if (name.starts_with(objective_prefix))
    return read_objective_field(name.substr(objective_prefix.size()), value, r.objective);
  if (name == "full_accepts_from")
    return read_number(value, r.full_accepts_from.emplace()) && *r.full_accepts_from <= priority_bound;
  const std::pair<std::string_view, std::optional<rate_limit>*> rates[] = {
    {"", &r.rate}, {"key_", &r.per_key.rate}, {"retry_", &r.retry_rate}, {"preempt_", &r.preemption}};
  for (const auto& [prefix, rate] : rates)
    for (const std::string_view part : {"period", "jobs", "burst"})
      if (name.starts_with(prefix) && name.substr(prefix.size()) == part)
        return read_rate_field(part, value, *rate);
  return true; // of a later program
}

void append_rate(std::string& out, const std::string& prefix, const std::optional<rate_limit>& rate) {
  if (rate)
    out += " " + prefix + "period=" + std::to_string(rate->period.count()) + " " + prefix +
           "jobs=" + std::to_string(rate->jobs) + " " + prefix + "burst=" + std::to_string(rate->burst);
}

void append_objective(std::string& out, const std::optional<queue_objective>& o) {
  if (!o)
    return;
  out += " objective_window=" + std::to_string(o->window.count());
  if (o->wait_millionths != 0)
    out += " objective_wait=" + std::to_string(o->wait.count()) +
           " objective_wait_share=" + std::to_string(o->wait_millionths);
  if (o->success_millionths != 0)
    out += " objective_success_share=" + std::to_string(o->success_millionths);
}

} // namespace

std::string key_name(std::string_view queue, std::string_view key) {
  std::string name;
  name.reserve(queue.size() + 1 + key.size());
  return name.append(queue).append(1, '\0').append(key); // which no name has
}

std::string to_text(const limit_rule& r) {
  std::string out = std::string{"paused="} + (r.paused ? "1" : "0") + " concurrency=" + std::to_string(r.concurrency) +
                    " weight=" + std::to_string(r.weight);
  append_rate(out, "", r.rate);
  if (r.per_key.concurrency != 0)
    out += " key_concurrency=" + std::to_string(r.per_key.concurrency);
  append_rate(out, "key_", r.per_key.rate);
  if (r.waiting_max != 0)
    out += " waiting_max=" + std::to_string(r.waiting_max);
  if (r.full_accepts_from)
    out += " full_accepts_from=" + std::to_string(*r.full_accepts_from);
  if (r.waiting_bytes_max != 0)
    out += " waiting_bytes_max=" + std::to_string(r.waiting_bytes_max);
  if (r.sheds)
    out += " sheds=1";
  if (r.cache_for)
    out += " cache_for=" + std::to_string(r.cache_for->count());
  for (const auto& path : r.redact) // which has no space
    out.append(" redact=").append(path);
  append_objective(out, r.objective);
  append_rate(out, "retry_", r.retry_rate);
  append_rate(out, "preempt_", r.preemption);
  if (!r.defaults.empty())
    out.append(" ").append(defaults_field).append(r.defaults);
  return out;
}

result<limit_rule> parse_limit_rule(std::string_view text) {
  const error corrupt{ec::corrupt_record, "a limit cannot be read: '" + std::string{text} + "'"};
  limit_rule r;
  if (text.empty())
    return corrupt;
  while (!text.empty()) {
    if (text.starts_with(defaults_field)) {
      r.defaults = text.substr(defaults_field.size());
      return r;
    }
    const auto end = std::min(text.find(' '), text.size());
    const auto field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = field.find('=');
    if (equals == std::string_view::npos || !read_field(field.substr(0, equals), field.substr(equals + 1), r))
      return corrupt;
  }
  return r;
}

token_bucket::token_bucket(const rate_limit& r, steady_point now)
  : step_((r.period + duration{r.jobs - int64_t{1}}) / static_cast<int64_t>(r.jobs)),
    wait_(step_ * std::min(static_cast<int64_t>(r.burst), longest / step_)), full_at_(now + wait_ - step_) {
}

void token_bucket::take(steady_point now) {
  full_at_ = std::max(full_at_, now) + step_;
}

} // namespace callboard
