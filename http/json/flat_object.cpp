#include "http/json/flat_object.hpp"

#include "http/json/fields.hpp"

#include <algorithm>

namespace callboard {

const json_scalar* flat_object::find(std::string_view name) {
  for (auto& m : members_)
    if (m.name == name) {
      m.value.text = &m.text;
      return &m.value;
    }
  return nullptr;
}

class flat_reader final : public json_events {
public:
  explicit flat_reader(std::span<const std::string_view> known) : known_(known) {
  }

  bool scalar(const json_scalar& v, const char*) override {
    if (!inside_)
      return refuse({ec::invalid_value, "the body must be a JSON object, not " + shown(v)});
    auto& m = body.members_.back();
    m.value = v;
    if (v.text != nullptr)
      m.text = std::move(*v.text);
    return true;
  }
  bool open(bool array, const char*) override {
    if (!inside_ && !array) {
      inside_ = true;
      return true;
    }
    const auto what = array ? std::string{"an array"} : std::string{"an object"};
    if (!inside_)
      return refuse({ec::invalid_value, "the body must be a JSON object, not " + what});
    const auto& name = body.members_.back().name;
    return refuse({ec::invalid_value, name + " must be a single value, not " + what, name});
  }
  bool close(const char*) override {
    return true;
  }
  bool key(std::string& name, const char*) override {
    if (std::find(known_.begin(), known_.end(), name) == known_.end())
      return refuse({ec::unknown_field,
                     "unknown field " + shown(std::string_view{name}) + "; known here are " +
                       joined({known_.begin(), known_.end()}),
                     name.substr(0, 64)});
    for (const auto& m : body.members_)
      if (m.name == name)
        return refuse({ec::invalid_value, name + " is given twice", name});
    body.members_.push_back({std::move(name), {}, {}});
    return true;
  }

  flat_object body;
  std::optional<error> err;

private:
  bool refuse(error e) {
    err = std::move(e);
    return false;
  }

  std::span<const std::string_view> known_;
  bool inside_ = false;
};

result<flat_object> parse_flat_object(std::string_view text, std::span<const std::string_view> known,
                                      uint32_t depth_max) {
  flat_reader reader{known};
  if (auto e = parse_json(text, reader, depth_max))
    return std::move(*e);
  if (reader.err)
    return std::move(*reader.err);
  return std::move(reader.body);
}

} // namespace callboard
