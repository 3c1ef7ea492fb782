#include "http/api/queue_failures.hpp"

#include <algorithm>

namespace callboard {

void add_failing_queues(limit_page& page, const std::string& after, uint32_t limit,
                        const std::map<std::string, queue_metrics>& rows) {
  auto& list = page.limits;
  const auto by_name = [](const limit_view& v, const std::string& name) { return v.target.name < name; };
  for (const auto& [name, row] : rows) {
    const bool behind = page.next && name > *page.next; // it is on a later page
    if (row.failed == 0 || name == other_queues || name <= after || behind)
      continue;
    const auto at = std::lower_bound(list.begin(), list.end(), name, by_name);
    if (at != list.end() && at->target.name == name)
      continue;
    limit_view plain;
    plain.target = {limit_kind::queue, name, {}};
    list.insert(at, std::move(plain));
  }
  if (list.size() <= limit)
    return;
  list.resize(limit);
  page.next = list.back().target.name;
}

} // namespace callboard
