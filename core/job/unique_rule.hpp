#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// For how long a job keeps others with the same unique key out. Values are stored: never renumber.
enum class unique_scope : uint8_t {
  queued = 0,     ///< until it is given to a worker for the first time
  unfinished = 1, ///< until it ended
  window = 2,     ///< for a time since it was accepted, however it goes on
  running = 3,    ///< while an attempt is under way: it keeps nobody out, the others wait for their turn
};

/// What happens to a job whose unique key is held by another. Values are stored: never renumber.
enum class on_unique_conflict : uint8_t {
  reject = 0,   ///< it is refused (unique_conflict)
  existing = 1, ///< the holder is the answer
  replace = 2,  ///< the holder is cancelled in the same write, if it has not been given to a worker; else as `reject`
  debounce = 3, ///< as `replace`, and the new one starts when none has come for a while
};

/// A job of which there is to be one at a time.
struct unique_rule {
  std::string key; ///< what must not be there twice; made of the type, the queue, parts of the payload
  unique_scope scope = unique_scope::unfinished;
  duration window{0}; ///< of scope `window`
  on_unique_conflict conflict = on_unique_conflict::reject;
  // Of `debounce`.
  duration quiet{0};     ///< it starts when no other one has come for so long
  duration quiet_max{0}; ///< and no later than that after the first of those that were replaced; 0: any time
  std::optional<time_point> since{}; ///< when the first of them was accepted; nothing: it is the first
  friend bool operator==(const unique_rule&, const unique_rule&) = default;
};

std::string_view to_string(unique_scope s);
std::optional<unique_scope> parse_unique_scope(std::string_view text);
std::string_view to_string(on_unique_conflict c);
std::optional<on_unique_conflict> parse_unique_conflict(std::string_view text);

/// The name under which a store knows the holder of a unique key: among the idempotency keys, and never one of them.
std::string unique_key_name(std::string_view key);

} // namespace callboard
