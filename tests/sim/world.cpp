#include "tests/sim/world.hpp"

#include <cstdio>

namespace callboard::sim {

void world::run_until(duration end) {
  while (!events_.empty() && events_.begin()->first.first <= end) {
    auto node = events_.extract(events_.begin());
    now_ = node.key().first;
    auto& e = node.mapped();
    if (!e.who->alive)
      continue;
    if (e.who->asleep_until > now_) {
      node.key().first = e.who->asleep_until;
      events_.insert(std::move(node));
      continue;
    }
    ++events_run;
    note(e.what);
    e.f();
  }
  now_ = std::max(now_, end);
}

/// FNV-1a over time and text (G. Fowler, L. C. Noll, K.-P. Vo).
void world::note(const std::string& line) {
  const auto mix = [this](uint64_t byte) { fingerprint_ = (fingerprint_ ^ byte) * 0x100000001b3ull; };
  for (const char c : line)
    mix(static_cast<unsigned char>(c));
  for (auto t = static_cast<uint64_t>(now_.count()); t != 0; t >>= 8)
    mix(t & 255);
  if (trace)
    std::printf("%12.6f  %s\n", static_cast<double>(now_.count()) / 1e6, line.c_str());
}

} // namespace callboard::sim
