#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Whose names follow a rule. Everything else that people name is free text, see below.
enum class name_kind : uint8_t {
  worker,       ///< also in its certificate, and in the name of its actor
  job_type,     ///< also the name of a file
  resource,     ///< in lists such as `cpu=8,gpu=1`
  label,        ///< in lists such as `zone=eu,disk=ssd`
  schedule,     ///< also in addresses of the REST interface
  job_template, ///< the same
  webhook,      ///< the same, and in a tag and an idempotency key
};
inline constexpr size_t name_kind_count = static_cast<size_t>(name_kind::webhook) + 1;

/// Longest name of that kind, in bytes.
size_t name_bytes_max(name_kind kind) noexcept;

/// A name of that kind: 1 to `name_bytes_max` of the characters that its rule allows.
bool is_name(name_kind kind, std::string_view text) noexcept;

/// The rule for people: `a worker's name has 1 to 64 letters, digits, dots, dashes and underscores`.
std::string name_rule(name_kind kind);

/// The name that is closest to `text` and ends in `end`, which follows the rule: other characters become dashes, and
/// what is too long loses its own end.
std::string to_name(name_kind kind, std::string_view text, std::string_view end);

// Free text: queues, tags, idempotency keys, the values of labels. Any bytes but control characters.

/// The first control character of ASCII in it.
std::optional<char> control_character_in(std::string_view text) noexcept;

/// The rule for people: `1 to 128 bytes without control characters`.
std::string free_text_rule(size_t bytes_max);

} // namespace callboard
