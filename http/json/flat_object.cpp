#include "http/json/flat_object.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>

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
  flat_reader(std::string_view text, std::span<const std::string_view> known, std::string_view inner, null_inner null)
    : text_(text), known_(known), inner_(inner), null_(null) {
  }

  bool scalar(const json_scalar& v, const char*) override {
    if (depth_ > 1)
      return true;
    if (depth_ == 1 && in_inner_ && v.is == json_scalar::type::null && null_ == null_inner::is_none)
      return true;
    if (depth_ == 0 || in_inner_)
      return refuse_value(shown(v));
    auto& m = body.members_.back();
    m.value = v;
    if (v.text != nullptr)
      m.text = std::move(*v.text);
    return true;
  }
  bool open(bool array, const char*) override {
    const bool wanted = depth_ > 1 || (!array && (depth_ == 0 || in_inner_));
    if (!wanted)
      return refuse_value(array ? "an array" : "an object");
    ++depth_;
    return true;
  }
  bool close(const char* at) override {
    if (--depth_ == 1)
      body.inner_ = {inner_begin_, static_cast<size_t>(at - inner_begin_)};
    return true;
  }
  bool key(std::string& name, const char* at) override {
    if (depth_ > 1)
      return true;
    if (std::find(known_.begin(), known_.end(), name) == known_.end())
      return refuse({ec::unknown_field,
                     "unknown field " + shown(std::string_view{name}) + "; known here are " +
                       joined({known_.begin(), known_.end()}),
                     name.substr(0, 64)});
    if (body.find(name) != nullptr || (name == inner_ && inner_begin_ != nullptr))
      return refuse({ec::invalid_value, name + " is given twice", name});
    in_inner_ = name == inner_;
    if (in_inner_)
      inner_begin_ = value_begin(at, text_.data() + text_.size());
    else
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
  /// The value at hand is of the wrong kind.
  bool refuse_value(const std::string& came) {
    if (depth_ == 0)
      return refuse({ec::invalid_value, "the body must be a JSON object, not " + came});
    const auto name = in_inner_ ? std::string{inner_} : body.members_.back().name;
    return refuse(
      {ec::invalid_value, name + " must be " + (in_inner_ ? "an object" : "a single value") + ", not " + came, name});
  }

  std::string_view text_;
  std::span<const std::string_view> known_;
  std::string_view inner_;
  null_inner null_;
  const char* inner_begin_ = nullptr;
  bool in_inner_ = false; // of the member at hand
  unsigned depth_ = 0;    // 1 in the body's object
};

result<flat_object> parse_flat_object(std::string_view text, std::span<const std::string_view> known,
                                      uint32_t depth_max, std::string_view inner, null_inner null) {
  flat_reader reader{text, known, inner, null};
  if (auto e = parse_json(text, reader, depth_max))
    return std::move(*e);
  if (reader.err)
    return std::move(*reader.err);
  return std::move(reader.body);
}

std::optional<error> refuse_fields(std::string_view text, uint32_t depth_max) {
  if (text.empty())
    return std::nullopt;
  auto body = parse_flat_object(text, {}, depth_max);
  return body ? std::nullopt : std::optional{std::move(body).err()};
}

result<std::string> read_reason(std::string_view text, uint32_t depth_max) {
  static constexpr std::array<std::string_view, 1> known{"reason"};
  if (text.empty())
    return std::string{};
  auto body = parse_flat_object(text, known, depth_max);
  if (!body)
    return std::move(body).err();
  const auto* v = body->find("reason");
  return v != nullptr ? read_text(*v, "reason", http_limits::reason_bytes_max) : std::string{};
}

} // namespace callboard
