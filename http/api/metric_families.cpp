#include "http/api/metric_families.hpp"

#include <type_traits>

namespace callboard {

namespace {

std::optional<time_point> beginning_of(counted_since since, const measured& m) {
  switch (since) {
  case counted_since::metrics_began:
    return m.jobs.started_at;
  case counted_since::process_began:
    return m.process.started_at;
  case counted_since::nobody_knows:
    break;
  }
  return std::nullopt;
}

} // namespace

std::vector<measured_family> metric_families() {
  std::vector<measured_family> all;
  for (const auto some : {job_families(), place_families(), host_families()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::string metrics_text(const measured& m, exposition_format format) {
  exposition e{format};
  for (const auto some : {job_families(), place_families(), host_families()})
    for (const auto& f : some) {
      e.begin(f.what, beginning_of(f.since, m));
      std::visit(
        [&](auto from) {
          if constexpr (std::is_same_v<decltype(from), measured_family::writer>)
            from(e, m);
          else
            e.sample({}, m.jobs.*from);
        },
        f.from);
    }
  return std::move(e).take();
}

} // namespace callboard
