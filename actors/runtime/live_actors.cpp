#include "actors/runtime/live_actors.hpp"

#include <caf/sec.hpp>

namespace callboard {

caf::error reason_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, "something that is no std::exception was thrown");
  }
}

live_actors& live_actors::instance() {
  static live_actors all;
  return all;
}

void live_actors::add(const gauge_ptr& g) {
  std::lock_guard lock{mutex_};
  std::erase_if(gauges_, [](const auto& weak) { return weak.expired(); });
  gauges_.push_back(g);
}

void live_actors::note_restart(const std::string& name, std::string reason) {
  std::lock_guard lock{mutex_};
  auto& r = restarts_[name];
  ++r.count;
  r.last_reason = std::move(reason);
}

std::vector<live_actors::row> live_actors::all() const {
  std::lock_guard lock{mutex_};
  std::vector<row> out;
  for (const auto& weak : gauges_)
    if (auto g = weak.lock()) {
      const auto again = restarts_.find(g->name);
      out.push_back({g, again != restarts_.end() ? again->second : restarts{}});
    }
  return out;
}

} // namespace callboard
