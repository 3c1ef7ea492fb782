#include "http/api/rule_fields.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>

namespace callboard {

class rule_fields_reader final : public json_events {
public:
  explicit rule_fields_reader(std::span<const rule_field> known) : known_(known) {
  }

  bool scalar(const json_scalar& v, const char*) override {
    if (inside_.empty())
      return refuse_kind(shown(v));
    auto& m = body.members_.back();
    if (at_->or_boolean && v.is == json_scalar::type::boolean) {
      m.value = v;
      return true;
    }
    if (at_->object)
      return v.is == json_scalar::type::null || refuse_kind(shown(v));
    m.value = v;
    if (v.text != nullptr)
      m.text = std::move(*v.text);
    return true;
  }
  bool open(bool array, const char*) override {
    if (array || (!inside_.empty() && !at_->object))
      return refuse_kind(array ? "an array" : "an object");
    if (inside_.empty()) {
      inside_.emplace_back();
    } else {
      body.members_.back().object = true;
      inside_.push_back(std::string{at_->path} + ".");
    }
    return true;
  }
  bool close(const char*) override {
    inside_.pop_back();
    return true;
  }
  bool key(std::string& name, const char*) override {
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
                     (at_->or_boolean ? "an object, true or false"
                      : at_->object   ? "an object"
                                      : "a single value") +
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

  std::span<const rule_field> known_;
  std::vector<std::string> inside_; // the paths of the open objects, each with its dot
  const rule_field* at_ = nullptr;  // the member at hand
};

result<rule_fields> rule_fields::read(std::string_view text, std::span<const rule_field> known, uint32_t depth_max) {
  rule_fields_reader reader{known};
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

bool rule_fields::has_object(std::string_view path) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& m) { return m.path == path && m.object; });
}

} // namespace callboard
