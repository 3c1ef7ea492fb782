#include "http/api/failure_rule_reader.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

constexpr std::string_view own_path = "retryPolicy.onError";

bool is_code(std::string_view text) {
  const auto plain = text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
  return !text.empty() && text.size() <= http_limits::failure_code_bytes_max &&
         std::all_of(plain.begin(), plain.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
         });
}

} // namespace

void failure_rule_reader::start() {
  rules_.clear();
  err_.reset();
  depth_ = 0;
  snooze_ = false;
}

void failure_rule_reader::fail(ec code, const std::string& path, const std::string& message) {
  if (!err_)
    err_ = error{code, path + " " + message, path};
}

std::string failure_rule_reader::path() const {
  return std::string{own_path} + "." + rules_.back().code;
}

void failure_rule_reader::refuse_value(const std::string& came) {
  fail(ec::invalid_value, path(), "must be retry, fail, or an object such as {\"snooze\": 30}, not " + came);
}

void failure_rule_reader::key(std::string& name) {
  if (err_)
    return;
  if (depth_ == 0) {
    if (!is_code(name))
      return fail(ec::invalid_value, std::string{own_path},
                  "must have codes of 1 to " + std::to_string(http_limits::failure_code_bytes_max) +
                    " of A-Z, 0-9, _, . and -, or the beginning of codes with a * behind it, not " +
                    shown(std::string_view{name}));
    if (std::any_of(rules_.begin(), rules_.end(), [&](const auto& r) { return r.code == name; }))
      return fail(ec::invalid_value, std::string{own_path} + "." + name, "is given twice");
    if (rules_.size() == http_limits::failure_rules_max)
      return fail(ec::out_of_range, std::string{own_path},
                  "has more than " + std::to_string(http_limits::failure_rules_max) + " entries");
    rules_.push_back({std::move(name), failure_action::retry, duration{0}});
    return;
  }
  if (name != "snooze")
    return fail(ec::unknown_field, path() + "." + name.substr(0, http_limits::shown_bytes_max),
                "is not known; known here is snooze");
  if (std::exchange(snooze_, true))
    fail(ec::invalid_value, path() + ".snooze", "is given twice");
}

void failure_rule_reader::scalar(const json_scalar& v) {
  if (err_)
    return;
  auto& rule = rules_.back();
  if (depth_ == 1) {
    auto wait = read_seconds(v, path() + ".snooze", http_limits::timeout_min, http_limits::backoff_max);
    if (!wait)
      err_ = std::move(wait).err();
    else
      rule.wait = *wait;
    return;
  }
  const auto action = v.is == json_scalar::type::text ? parse_failure_action(*v.text) : std::nullopt;
  if (!action || *action == failure_action::snooze) // which has a time
    return refuse_value(shown(v));
  rule.action = *action;
}

void failure_rule_reader::open(bool array) {
  if (++depth_ == 1 && !array) {
    snooze_ = false;
    return;
  }
  if (err_)
    return;
  const std::string came = array ? "an array" : "an object";
  if (depth_ == 1)
    refuse_value(came);
  else
    fail(ec::invalid_value, path() + ".snooze", "must be a number of seconds, not " + came);
}

void failure_rule_reader::close() {
  if (--depth_ != 0 || err_)
    return;
  if (!snooze_)
    return fail(ec::missing_field, path() + ".snooze", "is required; a number of seconds");
  rules_.back().action = failure_action::snooze;
}

result<std::vector<failure_rule>> failure_rule_reader::finish() {
  if (err_)
    return std::move(*err_);
  std::stable_sort(rules_.begin(), rules_.end(), [](const auto& a, const auto& b) {
    const bool whole = !a.code.ends_with('*'), other = !b.code.ends_with('*');
    return whole != other ? whole : !whole && a.code.size() > b.code.size();
  });
  return std::move(rules_);
}

} // namespace callboard
