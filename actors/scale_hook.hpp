#pragma once

#include <string>
#include <vector>

namespace callboard {

/// Starts a program with these arguments and does not wait for it; how it ends is logged. Its output goes to our
/// standard error. Thread-safe.
void run_scale_hook(const std::string& program, std::vector<std::string> arguments);

} // namespace callboard
