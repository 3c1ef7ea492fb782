#include "http/json/redaction.hpp"

#include "http/json/json_source.hpp"

#include <algorithm>
#include <cstdint>

namespace callboard {

namespace {

constexpr std::string_view in_payload = "payload", in_result = "result", in_log = "log";

/// `a.b`, and `[0]` as `.0`.
std::vector<std::string> parts_of(std::string_view dotted) {
  std::vector<std::string> out(1);
  for (const char c : dotted)
    if (c == '.' || c == '[')
      out.emplace_back();
    else if (c != ']')
      out.back() += c;
  return out;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string quoted_mark() {
  return '"' + std::string{redaction::mark} + '"';
}

} // namespace

/// Finds the places of a text that are redacted.
class redacting_reader final : public json_events {
public:
  redacting_reader(std::string_view text, const std::vector<redaction::path>& paths, redaction::exemption shown)
    : text_(text), paths_(paths), shown_(shown), behind_(text.data()) {
    for (uint32_t i = 0; i < paths.size(); ++i)
      if (paths[i].empty())
        hit_ = i;
      else
        next_.push_back({i, 0});
  }

  bool scalar(const json_scalar& v, const char* at) override {
    if (hidden_depth_ > 0)
      return true;
    begin_value();
    const auto* end = value_end(begin_, at, text_.data() + text_.size());
    const auto* text = v.is == json_scalar::type::text ? v.text : nullptr;
    if (text != nullptr && *text == redaction::mark && (hit_ || !next_.empty()) && !marked)
      marked = hit_ ? hit_ : next_.front().path;
    if (hit_ && (text == nullptr || shown_ == nullptr || !shown_(*text)))
      places_.emplace_back(begin_, end);
    behind_ = end;
    return true;
  }
  bool open(bool array, const char* at) override {
    if (hidden_depth_ > 0)
      return ++hidden_depth_ > 0;
    begin_value();
    if (hit_)
      hidden_depth_ = 1;
    else
      levels_.push_back({array, 0, std::move(next_)});
    next_.clear();
    behind_ = at;
    return true;
  }
  bool close(const char* at) override {
    behind_ = at;
    if (hidden_depth_ == 0)
      levels_.pop_back();
    else if (--hidden_depth_ == 0)
      places_.emplace_back(begin_, at);
    return true;
  }
  bool key(std::string& name, const char* at) override {
    if (hidden_depth_ > 0)
      return true;
    next_.clear();
    hit_.reset();
    for (const auto& s : levels_.back().states)
      follow(s, name);
    behind_ = at;
    return true;
  }

  /// The path where the mark stands, by its number.
  std::optional<uint32_t> marked;

  /// The text without what was found.
  std::string redacted() const {
    std::string out;
    const auto* from = text_.data();
    for (const auto& [begin, end] : places_) {
      out.append(from, begin);
      out += quoted_mark();
      from = end;
    }
    return out.append(from, text_.data() + text_.size());
  }

private:
  /// How far a path has come.
  struct state {
    uint32_t path, part;
    friend bool operator==(const state&, const state&) = default;
  };
  struct level {
    bool array;
    size_t elements; ///< so far
    std::vector<state> states;
  };

  void add(state s) {
    if (std::find(next_.begin(), next_.end(), s) == next_.end())
      next_.push_back(s);
  }
  void follow(state s, std::string_view name) {
    const auto& p = paths_[s.path];
    if (p[s.part] != name)
      return;
    if (++s.part == p.size())
      hit_ = s.path;
    else
      add(s);
  }
  /// What the value means that begins behind what was read last.
  void begin_value() {
    const auto* end = text_.data() + text_.size();
    begin_ = behind_;
    while (begin_ != end && std::string_view{" \t\n\r,:"}.find(*begin_) != std::string_view::npos)
      ++begin_;
    if (levels_.empty() || !levels_.back().array)
      return;
    next_.clear();
    hit_.reset();
    auto& here = levels_.back();
    if (here.states.empty())
      return;
    const auto index = std::to_string(here.elements++);
    for (const auto& s : here.states) {
      add(s);
      follow(s, index);
    }
  }

  std::string_view text_;
  const std::vector<redaction::path>& paths_;
  redaction::exemption shown_;
  const char* behind_;          // what was read last
  const char* begin_ = nullptr; // of the value at hand
  size_t hidden_depth_ = 0;     // 0: outside of an object or array that is redacted
  std::vector<level> levels_;   // the open ones
  std::vector<state> next_;     // of the value at hand
  std::optional<uint32_t> hit_; // a path ends at the value at hand
  std::vector<std::pair<const char*, const char*>> places_;
};

namespace {

std::string shown_text(std::string_view json, const std::vector<std::vector<std::string>>& paths,
                       redaction::exemption shown) {
  if (paths.empty())
    return std::string{json};
  const bool whole = std::any_of(paths.begin(), paths.end(), [](const auto& p) { return p.empty(); });
  if (whole && shown == nullptr)
    return quoted_mark();
  redacting_reader reader{json, paths, shown};
  // It came through a reader with a bound of its own.
  if (parse_json(json, reader, UINT32_MAX))
    return quoted_mark();
  return reader.redacted();
}

} // namespace

redaction::redaction(const std::vector<std::string>& paths) {
  for (const auto& text : paths) {
    auto parts = parts_of(text);
    const auto root = std::move(parts.front());
    parts.erase(parts.begin());
    if (root == in_payload)
      payload_.push_back(std::move(parts));
    else if (root == in_result)
      result_.push_back(std::move(parts));
    else if (text == in_log)
      log_ = true;
  }
}

std::string redaction::shown_payload(std::string_view json, exemption shown) const {
  return shown_text(json, payload_, shown);
}

std::string redaction::shown_result(std::string_view json) const {
  return shown_text(json, result_, nullptr);
}

std::optional<std::string> redaction::marked(std::string_view payload) const {
  const auto has = [payload](std::string_view text) { return payload.find(text) != std::string_view::npos; };
  if (payload_.empty() || (!has(mark) && !has("\\u"))) // most have neither it nor a way to write it differently
    return std::nullopt;
  redacting_reader reader{payload, payload_, nullptr};
  if (parse_json(payload, reader, UINT32_MAX) || !reader.marked)
    return std::nullopt;
  std::string out{in_payload};
  for (const auto& part : payload_[*reader.marked])
    out += "." + part;
  return out;
}

bool redaction::concerns(std::string_view part) const {
  const auto wanted = parts_of(part);
  if (wanted.front() != in_payload)
    return false;
  // Numbers in the part may be elements of arrays, which paths go through without a word.
  const auto meets = [&wanted](const path& p) {
    std::vector<size_t> reached{0};
    for (size_t i = 1; i < wanted.size(); ++i) {
      std::vector<size_t> next;
      for (const auto k : reached) {
        if (k == p.size())
          return true;
        if (p[k] == wanted[i])
          next.push_back(k + 1);
        if (is_number(wanted[i]))
          next.push_back(k);
      }
      if (next.empty())
        return false;
      std::sort(next.begin(), next.end());
      next.erase(std::unique(next.begin(), next.end()), next.end());
      reached = std::move(next);
    }
    return true;
  };
  return std::any_of(payload_.begin(), payload_.end(), meets);
}

} // namespace callboard
