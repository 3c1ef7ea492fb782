#include "actors/scheduler/report_search.hpp"

#include "actors/runtime/log.hpp"
#include "storage/report_codec.hpp"

#include <utility>

namespace callboard {

namespace {

/// Of one slice. A day has as many rows of a kind as `reports.names_max` allows, and few are quick to read.
constexpr size_t slice_rows = 1000;
constexpr size_t slice_days = 100;

} // namespace

report_search::report_search(report_call call) : call_(std::move(call)), sum_(call_.query), next_(call_.query.from) {
}

result<done> report_search::add_day(const store& db, report_day d) {
  const auto& q = sum_.query();
  const auto facts = db.meta_with_prefix(report_prefix(d, q.kind) + q.name);
  if (!facts)
    return facts.err();
  std::vector<std::string> damaged;
  auto stored = read_report_rows(*facts, damaged);
  for (const auto& name : damaged)
    log().error("a row of the reports cannot be read: {}", name);
  // What is in memory is newer than what is stored of it.
  if (call_.fresh)
    for (auto i = call_.fresh->lower_bound({d, q.kind, {}}); i != call_.fresh->end() && i->first.day == d; ++i)
      stored.insert_or_assign(i->first, i->second);
  for (const auto& [key, row] : stored)
    if (sum_.wants(key.kind, key.name))
      sum_.add(d, key.name, row);
  rows_ += stored.size();
  return done{};
}

bool report_search::step(const store& db) {
  rows_ = 0;
  size_t days = 0;
  for (; next_ <= sum_.query().to && days < slice_days && rows_ < slice_rows; next_ += std::chrono::days{1}, ++days)
    if (auto ok = add_day(db, next_); !ok) {
      call_.reply.deliver(ok.err());
      return true;
    }
  if (next_ <= sum_.query().to)
    return false;
  call_.reply.deliver(sum_.take());
  return true;
}

} // namespace callboard
