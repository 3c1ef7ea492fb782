#include "http/api/rule_fields.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>

namespace callboard {

class rule_fields_reader final : public json_events {
public:
  rule_fields_reader(std::string_view text, std::span<const rule_field> known)
    : end_(text.data() + text.size()), known_(known) {
  }

  bool scalar(const json_scalar& v, const char*) override {
    if (depth_in_text_ > 0)
      return true;
    if (inside_.empty())
      return refuse_kind(shown(v));
    auto& m = body.members_.back();
    if (at_->kind == rule_kind::object_or_boolean && v.is == json_scalar::type::boolean) {
      m.value = v;
      return true;
    }
    if (at_->kind != rule_kind::value)
      return v.is == json_scalar::type::null || refuse_kind(shown(v));
    m.value = v;
    if (v.text != nullptr)
      m.text = std::move(*v.text);
    return true;
  }
  bool open(bool array, const char*) override {
    if (depth_in_text_ > 0)
      return ++depth_in_text_ > 0;
    const bool wanted = inside_.empty() || at_->kind != rule_kind::value;
    const bool wants_array = !inside_.empty() && at_->kind == rule_kind::list;
    if (!wanted || array != wants_array)
      return refuse_kind(array ? "an array" : "an object");
    if (inside_.empty()) {
      inside_.emplace_back();
    } else {
      body.members_.back().object = true;
      inside_.push_back(std::string{at_->path} + ".");
      depth_in_text_ = at_->kind == rule_kind::text || at_->kind == rule_kind::list ? 1 : 0;
    }
    return true;
  }
  bool close(const char* at) override {
    if (depth_in_text_ > 0) {
      if (--depth_in_text_ > 0)
        return true;
      body.members_.back().text.assign(begin_, value_end(begin_, at, end_));
    }
    inside_.pop_back();
    return true;
  }
  bool key(std::string& name, const char* at) override {
    if (depth_in_text_ > 0)
      return true;
    const auto path = inside_.back() + name;
    const auto here = std::find_if(known_.begin(), known_.end(), [&](const auto& f) { return f.path == path; });
    // A name with a dot is none of ours, whatever it looks like.
    if (here == known_.end() || name.find('.') != std::string::npos)
      return refuse({ec::unknown_field,
                     "unknown field " + shown(std::string_view{name}) + "; known here are " + known_here(),
                     inside_.back() + name.substr(0, http_limits::shown_bytes_max)});
    if (!here->not_here.empty())
      return refuse({ec::invalid_value, std::string{here->not_here}, path});
    if (body.find(path) != nullptr)
      return refuse({ec::invalid_value, path + " is given twice", path});
    at_ = &*here;
    begin_ = value_begin(at, end_);
    body.members_.push_back({path});
    return true;
  }

  rule_fields body;
  std::optional<error> err;

private:
  bool refuse(error e) {
    err = std::move(e);
    return false;
  }
  /// The value at hand is of the wrong kind.
  bool refuse_kind(const std::string& came) {
    if (inside_.empty())
      return refuse({ec::invalid_value, "the body must be a JSON object, not " + came});
    const std::string path{at_->path};
    return refuse({ec::invalid_value,
                   path + " must be " +
                     (at_->kind == rule_kind::value               ? "a single value"
                      : at_->kind == rule_kind::object_or_boolean ? "an object, true or false"
                      : at_->kind == rule_kind::list              ? "an array of strings"
                                                                  : "an object") +
                     ", not " + came,
                   path});
  }
  /// Names that the object at hand may have.
  std::string known_here() const {
    std::vector<std::string> names;
    for (const auto& f : known_) {
      const auto rest = f.path.substr(std::min(inside_.back().size(), f.path.size()));
      if (f.path.starts_with(inside_.back()) && f.not_here.empty() && rest.find('.') == std::string_view::npos)
        names.emplace_back(rest);
    }
    return joined(names);
  }

  const char* end_;
  std::span<const rule_field> known_;
  std::vector<std::string> inside_; // the paths of the open objects, each with its dot
  const rule_field* at_ = nullptr;  // the member at hand
  const char* begin_ = nullptr;     // of its value
  unsigned depth_in_text_ = 0;      // 0: outside of an object that is kept as text
};

result<rule_fields> rule_fields::read(std::string_view text, std::span<const rule_field> known, uint32_t depth_max) {
  rule_fields_reader reader{text, known};
  if (auto e = parse_json(text, reader, depth_max))
    return std::move(*e);
  if (reader.err)
    return std::move(*reader.err);
  return std::move(reader.body);
}

const json_scalar* rule_fields::find(std::string_view path) {
  for (auto& m : members_)
    if (m.path == path) {
      m.value.text = &m.text;
      return &m.value;
    }
  return nullptr;
}

const json_scalar* rule_fields::find_value(std::string_view path) {
  const auto* v = find(path);
  return v != nullptr && v->is != json_scalar::type::null ? v : nullptr;
}

std::string_view rule_fields::text_of(std::string_view path) const {
  const auto m = std::find_if(members_.begin(), members_.end(), [&](const auto& x) { return x.path == path; });
  return m != members_.end() && m->object ? std::string_view{m->text} : std::string_view{};
}

bool rule_fields::has_object(std::string_view path) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& m) { return m.path == path && m.object; });
}

} // namespace callboard
