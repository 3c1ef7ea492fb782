#pragma once

#include "cli/client.hpp"

#include <optional>

namespace callboard {

/// For who looks again and again at something of the scheduler until it is over: how long to wait between two looks,
/// and for how long a scheduler may be away, which may be restarting.
class look_again {
public:
  /// @param client  what `look` asks
  look_again(program_context& context, scheduler_client& client, duration patience)
    : context_(context), patience_(patience) {
    client.fail_while_starting();
  }

  /// What `look` returns; nothing: the scheduler is not there, or busy, for no longer than it may be. Throws what
  /// `look` does otherwise.
  template <class Look>
  auto ask(Look look) -> std::optional<decltype(look())> {
    try {
      auto out = look();
      away_ = false;
      away_for_ = duration{0};
      return out;
    } catch (const command_failure& e) {
      if (e.code() == exit_usage || away_for_ >= patience_)
        throw;
      away_ = true;
      return std::nullopt;
    }
  }
  bool is_away() const {
    return away_;
  }

  /// Short at first, because most jobs are, and then longer.
  void pause() {
    context_.pause(wait_);
    if (away_)
      away_for_ += wait_;
    wait_ = std::min(wait_ * 2, wait_max);
  }
  /// Something has changed, so more may soon.
  void hurry() {
    wait_ = wait_min;
  }

private:
  static constexpr duration wait_min = std::chrono::milliseconds{50};
  static constexpr duration wait_max = std::chrono::milliseconds{500};

  program_context& context_;
  const duration patience_;
  duration wait_ = wait_min;
  duration away_for_{0}; // without an answer
  bool away_ = false;
};

} // namespace callboard
