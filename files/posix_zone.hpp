#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace callboard {

/// A time zone as a POSIX TZ string has it: `CET-1CEST,M3.5.0,M10.5.0/3`. Seconds since 1970 in UTC. No calendar types
/// here: the library behind it predates those of C++20, so posix_zone.cpp is compiled as C++17.
class posix_zone {
public:
  struct span {
    int64_t begin = 0, end = 0;
    int64_t offset = 0; ///< ahead of UTC
  };
  /// Null for a string that is none.
  static std::shared_ptr<const posix_zone> parse(const std::string& text);
  virtual ~posix_zone() = default;
  virtual span at(int64_t t) const = 0;
};

} // namespace callboard
