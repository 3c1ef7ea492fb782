#pragma once

#include "core/base/time.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace callboard {

/// A body that comes bit by bit, for as long as its client reads. The server asks for more when the client has taken
/// what it got, so a slow client costs no memory but the source's own. One thread at a time, but for `wake`.
class body_source {
public:
  virtual ~body_source() = default;

  enum class next_part : uint8_t {
    text,  ///< some was appended
    later, ///< nothing is there yet: `wake` says when
    none,  ///< the body is over
  };
  /// Appends what is there, about `bytes_max` at most, at least one piece of it.
  virtual next_part next(std::string& out, size_t bytes_max) = 0;
  /// After `later`: `wake` is called once, on any thread, when there may be more. It must not call back. The last one
  /// that was given counts.
  virtual void on_ready(std::function<void()> wake) = 0;

  /// What tells the client, after so much silence, that its connection lives.
  virtual std::string filler() = 0;
  virtual duration filler_after() const = 0;
};

} // namespace callboard
