#pragma once

#include "core/base/error.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// What a job asks of its worker, besides being able to run its type. Lists are sorted by name, names occur once.
struct resource_request {
  uint32_t slots = 1;
  uint32_t cpu_milli = 0;    ///< thousandths of a core; 0: none reserved
  uint64_t memory_bytes = 0; ///< 0: none reserved
  /// Units of resources that only some workers have (`gpu`).
  std::vector<std::pair<std::string, uint32_t>> named;
  /// Labels that the worker must have, with exactly these values.
  std::vector<std::pair<std::string, std::string>> labels;
  /// The versions of its type that it may run on (`version_range`); empty: any.
  std::string type_version = {};

  /// One slot and nothing else: what most jobs ask for.
  bool is_plain() const noexcept {
    return slots == 1 && cpu_milli == 0 && memory_bytes == 0 && named.empty() && labels.empty() && type_version.empty();
  }
  friend bool operator==(const resource_request&, const resource_request&) = default;
  friend auto operator<=>(const resource_request&, const resource_request&) = default;
};

/// What a worker has. Lists are sorted by name, names occur once.
struct resource_offer {
  uint32_t slots = 1;
  uint32_t cpu_milli = 0;
  uint64_t memory_bytes = 0;
  std::vector<std::pair<std::string, uint32_t>> named;
  std::vector<std::pair<std::string, std::string>> labels;

  friend bool operator==(const resource_offer&, const resource_offer&) = default;
};

/// What an attempt has used. Of `exec` it is the program with all it started; of a handler in the worker's own process
/// only the CPU time of its thread is known, and the memory is 0.
struct attempt_usage {
  int64_t cpu_us = 0;
  uint64_t peak_memory_bytes = 0;
  friend bool operator==(const attempt_usage&, const attempt_usage&) = default;
};

/// Longest value of a label, which is free text (`core/base/name.hpp`), in bytes.
inline constexpr size_t label_value_bytes_max = 128;

/// Reads `512M`, `16GiB`, `1000`. Error: invalid_value.
result<uint64_t> parse_memory(std::string_view text);

/// Reads `cpu=8,memory=16G,gpu=1`: cpu in cores (`0.5`), memory in bytes (K, M, G, T, KiB, MiB, GiB, TiB), anything
/// else is a named resource in whole units. Sets what is named and leaves the rest of `into` alone.
/// Error: invalid_value naming the part.
result<done> parse_resources(std::string_view text, resource_offer& into);

/// Reads `zone=eu,disk=ssd`. Error: invalid_value naming the part.
result<std::vector<std::pair<std::string, std::string>>> parse_labels(std::string_view text);

} // namespace callboard
