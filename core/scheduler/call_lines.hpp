#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

namespace callboard {

/// Calls about things that have a name. Of each name one change at a time is being written; other calls about it wait
/// behind that, in their order.
template <class Call>
class call_lines {
public:
  /// True: something is being written for the name, and the call waits.
  template <class Wish>
  bool wait(const std::string& name, Wish& x) {
    const auto line = lines_.find(name);
    if (line == lines_.end())
      return false;
    line->second.push_back(std::move(x));
    return true;
  }
  /// Something is being written for the name from now on. Precondition: nothing is.
  void begin(const std::string& name) {
    lines_.try_emplace(name);
  }
  /// It is settled: `next(call)` for those that waited, up to the first one with which something begins.
  template <class Next>
  void end(const std::string& name, Next&& next) {
    auto calls = std::move(lines_.at(name));
    lines_.erase(name);
    while (!calls.empty()) {
      auto x = std::move(calls.front());
      calls.pop_front();
      next(x);
      if (const auto line = lines_.find(name); line != lines_.end()) {
        line->second = std::move(calls);
        return;
      }
    }
  }
  /// `each(call)` for all that wait, which are gone then.
  template <class Each>
  void clear(Each&& each) {
    for (auto& [name, calls] : lines_)
      for (auto& x : std::exchange(calls, {}))
        each(x);
  }

private:
  std::map<std::string, std::deque<Call>> lines_; ///< of names for which something is being written
};

} // namespace callboard
