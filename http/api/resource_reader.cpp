#include "http/api/resource_reader.hpp"

#include "core/base/name.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace callboard {

namespace {

using nlohmann::json;

const std::string in_resources = "resources.";

error refused(ec code, const std::string& path, const std::string& allowed, const json& v) {
  return {code, path + " must be " + allowed + ", not " + shown_json(v), path};
}

error bad_name(name_kind kind, const std::string& name, const std::string& path) {
  return {ec::invalid_value, name_rule(kind) + ", not " + shown(std::string_view{name}), path};
}

error too_many(const std::string& path, size_t count) {
  return {ec::out_of_range,
          path + " must have at most " + std::to_string(http_limits::resource_names_max) + " names, not " +
            std::to_string(count),
          path};
}

result<uint32_t> whole(const json& v, const std::string& path, uint32_t min, uint32_t max) {
  const auto allowed = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (!v.is_number_integer())
    return refused(ec::invalid_value, path, allowed, v);
  // What is no unsigned number is below zero.
  if (!v.is_number_unsigned() || v.get<uint64_t>() < min || v.get<uint64_t>() > max)
    return refused(ec::out_of_range, path, allowed, v);
  return v.get<uint32_t>();
}

/// In thousandths.
result<uint32_t> cores(const json& v) {
  constexpr double milli = 1000;
  const auto path = in_resources + "cpu";
  const auto allowed =
    "a number of cores from 0 to " + std::to_string(http_limits::cores_max) + " with up to three decimals";
  if (!v.is_number())
    return refused(ec::invalid_value, path, allowed, v);
  const auto n = v.get<double>();
  if (!(n >= 0 && n <= http_limits::cores_max))
    return refused(ec::out_of_range, path, allowed, v);
  // 0.1 is no binary fraction: what is written with three decimals is close to a thousandth, not on it.
  const auto rounded = std::round(n * milli);
  if (std::abs(rounded - n * milli) > 1e-6)
    return refused(ec::invalid_value, path, allowed, v);
  return static_cast<uint32_t>(rounded);
}

/// In bytes.
result<uint64_t> memory(const json& v) {
  if (v.is_number_unsigned())
    return v.get<uint64_t>();
  if (v.is_string())
    if (auto n = parse_memory(v.get_ref<const std::string&>()))
      return n;
  return refused(ec::invalid_value, in_resources + "memory", "a number of bytes, or a text such as \"512MiB\"", v);
}

result<std::vector<std::pair<std::string, std::string>>> labels(const json& v) {
  const auto path = in_resources + "labels";
  if (!v.is_object())
    return refused(ec::invalid_value, path, "an object of texts", v);
  if (v.size() > http_limits::resource_names_max)
    return too_many(path, v.size());
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : v.items()) {
    if (!is_name(name_kind::label, name))
      return bad_name(name_kind::label, name, path);
    const auto field = path + "." + name;
    if (!value.is_string())
      return refused(ec::invalid_value, field, "a text", value);
    const auto& text = value.get_ref<const std::string&>();
    if (!text.empty()) // a worker may have an empty one
      if (auto ok = read_text(std::string_view{text}, field, label_value_bytes_max); !ok)
        return std::move(ok).err();
    out.emplace_back(name, text);
  }
  return out;
}

template <class T, class U>
std::optional<error> set(U& into, result<T> r) {
  if (!r)
    return std::move(r).err();
  into = std::move(*r);
  return std::nullopt;
}

std::optional<error> read_one(resource_request& r, const std::string& name, const json& v, uint32_t slots_max) {
  if (name == "slots")
    return set(r.slots, whole(v, in_resources + name, 1, slots_max));
  if (name == "cpu")
    return set(r.cpu_milli, cores(v));
  if (name == "memory")
    return set(r.memory_bytes, memory(v));
  if (name == "labels")
    return set(r.labels, labels(v));
  if (!is_name(name_kind::resource, name))
    return bad_name(name_kind::resource, name, "resources");
  uint32_t units = 0;
  if (auto e = set(units, whole(v, in_resources + name, 0, UINT32_MAX)))
    return e;
  if (units != 0) // nothing is asked for
    r.named.emplace_back(name, units);
  return std::nullopt;
}

} // namespace

result<resource_request> read_resource_request(const json& v, uint32_t slots_max) {
  if (!v.is_object())
    return refused(ec::invalid_value, "resources", "an object", v);
  if (v.size() > http_limits::resource_names_max)
    return too_many("resources", v.size());
  resource_request r;
  // An object has its names in order and once, as the request wants them.
  for (const auto& [name, value] : v.items())
    if (auto e = read_one(r, name, value, slots_max))
      return std::move(*e);
  return r;
}

} // namespace callboard
