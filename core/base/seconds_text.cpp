#include "core/base/seconds_text.hpp"

#include <cstdint>

namespace callboard {

std::string seconds_text(duration d) {
  constexpr uint64_t second = 1'000'000;
  const auto us = d.count() < 0 ? -static_cast<uint64_t>(d.count()) : static_cast<uint64_t>(d.count());
  auto text = (d.count() < 0 ? "-" : "") + std::to_string(us / second);
  if (const auto rest = us % second; rest != 0) {
    auto fraction = std::to_string(second + rest).substr(1);
    while (fraction.back() == '0')
      fraction.pop_back();
    text += "." + fraction;
  }
  return text;
}

} // namespace callboard
