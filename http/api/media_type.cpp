#include "http/api/media_type.hpp"

#include <algorithm>

namespace callboard {

bool is_media_type(std::string_view content_type, std::string_view lower) {
  auto name = content_type.substr(0, content_type.find(';'));
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!name.empty() && blank(name.back()))
    name.remove_suffix(1);
  while (!name.empty() && blank(name.front()))
    name.remove_prefix(1);
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y; });
}

} // namespace callboard
