#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace callboard {

/// The names of an enum whose values count from 0.
template <class Enum, size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  const auto i = static_cast<size_t>(value);
  return i < N ? names[i] : "unknown";
}

template <class Enum, size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& names, std::string_view text) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == text)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace callboard
