#include "core/job/result_cache.hpp"

#include "core/base/planted_bug.hpp"
#include "core/job/job_steps.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace callboard {

namespace {

/// Deeper than any payload that is accepted; what is still deeper is left as it is.
constexpr size_t sorted_depth_max = 1000;

/// Puts the members of objects in order, from text to text. Numbers are not read, so none loses a digit.
class member_sorter {
public:
  explicit member_sorter(std::string_view json) : in_(json) {
  }

  std::string whole() {
    auto out = value(0);
    space();
    return bad_ || at_ != in_.size() ? std::string{in_} : out;
  }

private:
  char peek() {
    return at_ < in_.size() ? in_[at_] : '\0';
  }
  void space() {
    while (at_ < in_.size() && std::string_view{" \t\r\n"}.find(in_[at_]) != std::string_view::npos)
      ++at_;
  }
  std::string value(size_t depth) {
    space();
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth < sorted_depth_max)
        return c == '{' ? object(depth) : array(depth);
      bad_ = true;
    }
    return c == '"' ? text() : word();
  }
  std::string word() {
    const auto begin = at_;
    while (at_ < in_.size() && std::string_view{" \t\r\n,:]}[{\""}.find(in_[at_]) == std::string_view::npos)
      ++at_;
    bad_ = bad_ || at_ == begin;
    return std::string{in_.substr(begin, at_ - begin)};
  }
  std::string text() {
    const auto begin = at_;
    for (++at_; at_ < in_.size() && in_[at_] != '"'; ++at_)
      at_ += in_[at_] == '\\' ? 1 : 0;
    bad_ = bad_ || at_ >= in_.size();
    at_ = std::min(at_ + 1, in_.size());
    return std::string{in_.substr(begin, at_ - begin)};
  }
  /// True at the next element; false behind the last one.
  bool next(char close, bool first) {
    space();
    if (peek() == close) {
      ++at_;
      return false;
    }
    if (!first) {
      bad_ = bad_ || peek() != ',';
      ++at_;
    }
    return !bad_;
  }
  std::string array(size_t depth) {
    std::string out;
    ++at_;
    for (bool first = true; next(']', first); first = false)
      out += (first ? "" : ",") + value(depth + 1);
    return "[" + out + "]";
  }
  std::string object(size_t depth) {
    std::vector<std::pair<std::string, std::string>> members;
    ++at_;
    for (bool first = true; next('}', first); first = false) {
      space();
      bad_ = bad_ || peek() != '"';
      auto name = bad_ ? std::string{} : text();
      space();
      bad_ = bad_ || peek() != ':';
      ++at_;
      members.emplace_back(std::move(name), bad_ ? std::string{} : value(depth + 1));
    }
    // Of two with the same name it may matter which is the last.
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string out;
    for (const auto& [name, text] : members)
      out.append(out.empty() ? "" : ",").append(name).append(":").append(text);
    return "{" + out + "}";
  }

  std::string_view in_;
  size_t at_ = 0;
  bool bad_ = false;
};

void append_part(std::string& out, std::string_view part) {
  out.append(std::to_string(part.size())).append(":").append(part);
}

} // namespace

std::string sorted_payload(std::string_view json) {
  return member_sorter{json}.whole();
}

std::string cache_text(const cache_question& q) {
  std::string out;
  append_part(out, q.type);
  append_part(out, planted(bug::cache_other_version) ? std::string_view{} : std::string_view{q.version});
  append_part(out, sorted_payload(q.payload.view()));
  return out;
}

std::string cache_key_name(std::string_view digest) {
  return "\x01"
         "cache:" +
         std::string{digest}; // names have no control characters
}

bool holds_result(const job_record& source, std::string_view key, duration cache_for, time_point now) {
  return source.state == job_state::completed && source.cache_key == key && source.finished_at &&
         now - *source.finished_at < cache_for;
}

result<life_change> take_result(job_record& rec, fence_token fence, job_id source, const blob& text, time_point now,
                                const life_limits& l) {
  if (!fence || fence != rec.current_fence)
    return error{ec::stale_fence, "fence " + std::to_string(fence.value) + " is not the current attempt of " +
                                    to_string(rec.id) + ": it takes no result of another job"};
  const auto before = rec.state;
  if (!next(before, job_event::start))
    return error{ec::invalid_state,
                 to_string(rec.id) + " is " + std::string{to_string(before)} +
                   ": it cannot take the result of another job; allowed: scheduled or retrying",
                 "status"};
  rec.worker.clear();
  rec.result = text;
  rec.cached_from = source;
  rec.error.reset();
  rec.checkpoint = blob{};
  rec.progress_percent = 100;
  step(rec, job_event::start, now, "no attempt is needed", l);
  turn_terminal(rec, job_event::succeed, now, "result of " + to_string(source), l);
  return life_change{before, rec.state, true};
}

} // namespace callboard
