#pragma once

#include "core/job/job.hpp"
#include "core/scheduler/event.hpp"

#include <bitset>
#include <string>
#include <string_view>

namespace callboard {

using event_kinds = std::bitset<event_kind_count>;

/// The kinds of that name, or of that family; none: there is neither.
event_kinds kinds_named(std::string_view name);

/// Which events somebody wants: those that fit all that it names.
struct event_filter {
  event_kinds kinds = event_kinds{}.set();
  job_id job{};      ///< 0: any
  std::string queue; ///< empty: any; the same of those below
  std::string type;
  std::string workflow;
  std::string worker;

  bool passes(const scheduler_event& e) const;
  friend bool operator==(const event_filter&, const event_filter&) = default;
};

} // namespace callboard
