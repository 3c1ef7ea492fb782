#pragma once

#include <charconv>
#include <cstddef>
#include <string>

namespace callboard {

/// The member of an object, or the element of an array at a position from 0; null when there is none. `Json` is
/// nlohmann::json, which is not known here.
template <class Json>
const Json* json_part(const Json& whole, const std::string& name) {
  if (whole.is_object()) {
    const auto i = whole.find(name);
    return i == whole.end() ? nullptr : &*i;
  }
  size_t position = 0;
  const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), position);
  if (!whole.is_array() || bad != std::errc{} || end != name.data() + name.size() || position >= whole.size())
    return nullptr;
  return &whole[position];
}

} // namespace callboard
