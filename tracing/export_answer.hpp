#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace callboard {

/// What became of a request that exports spans.
struct export_answer {
  enum class fate : uint8_t {
    taken,
    later,  ///< there was no answer, or one that asks to come again (429, 502, 503, 504)
    refused ///< it is the same if it is sent again
  };
  fate what = fate::later;
  std::string reason;                 ///< of what was not taken
  std::optional<duration> not_before; ///< Retry-After
};

} // namespace callboard
