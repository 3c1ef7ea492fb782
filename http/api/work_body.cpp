#include "http/api/work_body.hpp"

#include "core/base/ids.hpp"
#include "core/base/utf8.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_source.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

using nlohmann::json;

/// As the readers of single values take it.
json_scalar scalar_of(const json& v, std::string& text) {
  json_scalar s;
  if (v.is_boolean()) {
    s.is = json_scalar::type::boolean;
    s.boolean = v.get<bool>();
  } else if (v.is_number_unsigned()) {
    s.is = json_scalar::type::natural;
    s.natural = v.get<uint64_t>();
  } else if (v.is_number_integer()) {
    s.is = json_scalar::type::integer;
    s.integer = v.get<int64_t>();
  } else if (v.is_number()) {
    s.is = json_scalar::type::real;
    s.real = v.get<double>();
  } else if (v.is_string()) {
    s.is = json_scalar::type::text;
    text = v.get<std::string>();
    s.text = &text;
  }
  return s;
}

} // namespace

work_body::work_body(const json& v, std::span<const std::string_view> known, std::string path)
  : value_(v), path_(std::move(path)) {
  const auto whole = path_.empty() ? std::string{"the body"} : path_;
  if (!v.is_object()) {
    fail({ec::invalid_value, whole + " must be an object, not " + shown_json(v), path_});
    return;
  }
  for (const auto& [name, value] : v.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(
        {ec::unknown_field,
         "unknown field " + shown(std::string_view{name}) + "; known here are " + joined({known.begin(), known.end()}),
         this->path(name.substr(0, http_limits::shown_bytes_max).c_str())});
}

std::string work_body::path(const char* name) const {
  return path_.empty() ? name : path_ + "." + name;
}

const json* work_body::find(const char* name) const {
  if (failure_ || !value_.is_object())
    return nullptr;
  const auto i = value_.find(name);
  return i == value_.end() ? nullptr : &*i;
}

bool work_body::has(const char* name) const {
  return find(name) != nullptr;
}

const json* work_body::need(const char* name, std::string_view what) {
  const auto* v = find(name);
  if (v == nullptr)
    fail({ec::missing_field, path(name) + " is required: " + std::string{what}, path(name)});
  return v;
}

void work_body::wrong(const char* name, std::string_view allowed, const json& came) {
  fail({ec::invalid_value, path(name) + " must be " + std::string{allowed} + ", not " + shown_json(came), path(name)});
}

std::string work_body::name(const char* name, size_t bytes_max) {
  const auto* v = find(name);
  if (v == nullptr)
    return {};
  if (!v->is_string()) {
    wrong(name, "a string", *v);
    return {};
  }
  auto text = read_text(std::string_view{v->get_ref<const std::string&>()}, path(name), bytes_max);
  if (text)
    return std::move(*text);
  fail(std::move(text).err());
  return {};
}

std::string work_body::text(const char* name, size_t bytes_max) {
  const auto* v = find(name);
  if (v == nullptr)
    return {};
  if (!v->is_string()) {
    wrong(name, "a string", *v);
    return {};
  }
  const auto& text = v->get_ref<const std::string&>();
  return text.substr(0, utf8_prefix(text, bytes_max));
}

std::optional<uint64_t> work_body::whole(const char* name, uint64_t min, uint64_t max) {
  const auto* v = find(name);
  if (v == nullptr)
    return std::nullopt;
  const auto allowed = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (!v->is_number_integer()) {
    wrong(name, allowed, *v);
    return std::nullopt;
  }
  // What is no unsigned number is below zero.
  if (v->is_number_unsigned() && v->get<uint64_t>() >= min && v->get<uint64_t>() <= max)
    return v->get<uint64_t>();
  fail({ec::out_of_range, path(name) + " must be " + allowed + ", not " + v->dump(), path(name)});
  return std::nullopt;
}

std::optional<duration> work_body::seconds(const char* name, duration min, duration max) {
  const auto* v = find(name);
  if (v == nullptr)
    return std::nullopt;
  if (!v->is_number()) {
    wrong(name, "a number of seconds", *v);
    return std::nullopt;
  }
  std::string text;
  const auto d = read_seconds(scalar_of(*v, text), path(name), min, max);
  if (d)
    return *d;
  fail(d.err());
  return std::nullopt;
}

std::optional<bool> work_body::flag(const char* name) {
  const auto* v = find(name);
  if (v == nullptr)
    return std::nullopt;
  if (v->is_boolean())
    return v->get<bool>();
  wrong(name, "true or false", *v);
  return std::nullopt;
}

std::optional<time_point> work_body::time(const char* name) {
  const auto* v = find(name);
  if (v == nullptr)
    return std::nullopt;
  if (!v->is_string()) {
    wrong(name, "a time (RFC 3339)", *v);
    return std::nullopt;
  }
  const auto t = read_time(std::string_view{v->get_ref<const std::string&>()}, path(name));
  if (t)
    return *t;
  fail(t.err());
  return std::nullopt;
}

attempt_ref work_body::attempt() {
  attempt_ref a;
  if (const auto* v = need("id", "the job's id")) {
    const auto id = v->is_string() ? parse_job_id(v->get_ref<const std::string&>()) : std::nullopt;
    if (id)
      a.job = id->value;
    else
      wrong("id", "the id of a job", *v);
  }
  if (const auto* v = need("fence", "that of the claimed attempt")) {
    const auto text = v->is_string() ? v->get<std::string>() : std::string{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), a.fence);
    if (failed != std::errc{} || end != text.data() + text.size() || a.fence == 0)
      wrong("fence", "a text of digits, as it was claimed", *v);
  }
  return a;
}

const json* work_body::list(const char* name, size_t max) {
  const auto* v = find(name);
  if (v == nullptr)
    return nullptr;
  if (!v->is_array()) {
    wrong(name, "an array", *v);
    return nullptr;
  }
  if (v->size() <= max)
    return v;
  fail({ec::out_of_range,
        path(name) + " must have at most " + std::to_string(max) + " entries, not " + std::to_string(v->size()),
        path(name)});
  return nullptr;
}

} // namespace callboard
