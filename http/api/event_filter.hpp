#pragma once

#include "core/base/error.hpp"
#include "core/scheduler/event.hpp"
#include "http/api/query.hpp"

#include <bitset>
#include <string>

namespace callboard {

/// Which events a reader wants: those that fit all that it names.
struct event_filter {
  std::bitset<event_kind_count> kinds = std::bitset<event_kind_count>{}.set();
  job_id job{};      ///< 0: any
  std::string queue; ///< empty: any; the same of those below
  std::string type;
  std::string workflow;
  std::string worker;

  bool passes(const scheduler_event& e) const;
};

/// Reads `kind` (kinds and families, with commas between them), `id`, `queue`, `type`, `workflow`, `worker`. Error:
/// invalid_value with the field.
result<event_filter> read_event_filter(const parsed_target& target);

} // namespace callboard
