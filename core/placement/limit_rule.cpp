#include "core/placement/limit_rule.hpp"

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

/// A bucket that takes longer than that to become full is as good as one that does so in that time.
constexpr duration longest = std::chrono::hours{24 * 366 * 100};

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), into);
  return bad == std::errc{} && end == text.data() + text.size();
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
  if (name == "jobs")
    return r.rate && read_number(value, r.rate->jobs) && r.rate->jobs > 0;
  if (name == "burst")
    return r.rate && read_number(value, r.rate->burst) && r.rate->burst > 0;
  if (name != "period")
    return true; // of a later program
  int64_t us = 0;
  if (!read_number(value, us) || us <= 0)
    return false;
  r.rate.emplace().period = duration{us};
  return true;
}

} // namespace

std::string to_text(const limit_rule& r) {
  std::string out = std::string{"paused="} + (r.paused ? "1" : "0") + " concurrency=" + std::to_string(r.concurrency) +
                    " weight=" + std::to_string(r.weight);
  if (r.rate)
    out += " period=" + std::to_string(r.rate->period.count()) + " jobs=" + std::to_string(r.rate->jobs) +
           " burst=" + std::to_string(r.rate->burst);
  return out;
}

result<limit_rule> parse_limit_rule(std::string_view text) {
  const error corrupt{ec::corrupt_record, "a limit cannot be read: '" + std::string{text} + "'"};
  limit_rule r;
  if (text.empty())
    return corrupt;
  while (!text.empty()) {
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
