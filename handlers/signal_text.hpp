#pragma once

#include <array>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace callboard {

/// `SIGTERM`, or `signal 64` for one without a name.
inline std::string signal_text(int number) {
  const char* name = ::sigabbrev_np(number);
  return name ? std::string{"SIG"} + name : "signal " + std::to_string(number);
}

/// Signals by which a program can be told something.
inline constexpr std::array<std::pair<std::string_view, int>, 5> telling_signals{
  {{"SIGTERM", SIGTERM}, {"SIGINT", SIGINT}, {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGHUP", SIGHUP}}};

/// Nothing: it is none of them.
inline std::optional<int> telling_signal(std::string_view name) {
  for (const auto& [text, number] : telling_signals)
    if (text == name)
      return number;
  return std::nullopt;
}

} // namespace callboard
