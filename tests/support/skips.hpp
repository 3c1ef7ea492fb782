#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace callboard::test {

/// A program that scripts/install_packages.sh installs for the tests is not here. The test that calls this returns, and
/// is listed by scripts/show_skips.sh; in CI (CALLBOARD_CI=1) it fails instead. The twin of skips.py.
inline void skip_without(std::string_view program, std::string_view package) {
  const auto why = std::string{program} + " is not installed (Debian: " + std::string{package} + ")";
  if (const char* ci = std::getenv("CALLBOARD_CI"); ci && std::string_view{ci} == "1")
    FAIL(why << "; `scripts/install_packages.sh test` installs it, and CALLBOARD_CI=1 forbids to skip for it");
  std::cout << "skipped: " << why << "\n";
}

} // namespace callboard::test
