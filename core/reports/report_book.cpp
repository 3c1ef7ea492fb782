#include "core/reports/report_book.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>

namespace callboard {

report_book::entry& report_book::at(day_rows& day, report_kind kind, std::string_view name) const {
  const auto k = static_cast<size_t>(kind);
  auto& last = day.last[k];
  if (last != nullptr && last->first == name)
    return last->second;
  auto& all = day.kinds[k];
  auto place = all.find(name);
  if (place == all.end()) {
    const auto named = all.size() - all.count(other_names);
    const auto given = kind == report_kind::all || named < names_max_ ? name : other_names;
    place = all.try_emplace(std::string{given}).first;
    if (given != name)
      return place->second;
  }
  last = &*place;
  return place->second;
}

void report_book::count(day_rows& day, const metrics_delta::sample& s, const price_table& prices) const {
  const auto to = [&](report_kind kind, std::string_view name) {
    auto& e = at(day, kind, name);
    e.row.add(s, prices, kind);
    e.changed = true;
  };
  to(report_kind::all, {});
  to(report_kind::type, s.type);
  to(report_kind::queue, s.queue);
  for (const auto& tag : s.tags)
    to(report_kind::tag, tag);
  if (!s.tenant.empty())
    to(report_kind::tenant, s.tenant);
}

void report_book::count(day_rows& day, const metrics_delta::arrival& a) const {
  const auto to = [&](report_kind kind, std::string_view name) {
    auto& e = at(day, kind, name);
    e.row.submitted += a.jobs;
    e.changed = true;
  };
  to(report_kind::all, {});
  to(report_kind::type, a.type);
  to(report_kind::queue, a.queue);
  for (const auto& tag : a.tags)
    to(report_kind::tag, tag);
  if (!a.tenant.empty())
    to(report_kind::tenant, a.tenant);
}

void report_book::add(const metrics_delta& d, time_point at, const price_table& prices) {
  if (d.samples.empty() && d.arrivals.empty())
    return;
  latest_ = std::chrono::floor<std::chrono::days>(at);
  auto& day = days_[latest_];
  for (const auto& a : d.arrivals)
    count(day, a);
  for (const auto& s : d.samples)
    count(day, s, prices);
}

std::vector<report_day> report_book::unread() const {
  std::vector<report_day> out;
  for (const auto& [day, rows] : days_)
    if (!rows.read)
      out.push_back(day);
  return out;
}

bool report_book::is_read(report_day d) const {
  const auto day = days_.find(d);
  return day == days_.end() || day->second.read;
}

void report_book::restore(report_day d, const report_rows& stored) {
  auto& day = days_[d];
  if (std::exchange(day.read, true))
    return;
  const auto meanwhile = std::exchange(day.kinds, {});
  day.last = {};
  for (const auto& [key, row] : stored)
    day.kinds[static_cast<size_t>(key.kind)][key.name].row = row;
  for (size_t k = 0; k < report_kind_count; ++k)
    for (const auto& [name, e] : meanwhile[k]) {
      auto& here = at(day, static_cast<report_kind>(k), name);
      here.row.merge(e.row);
      here.changed = true;
    }
}

void report_book::restore_days(std::set<report_day> days) {
  if (std::exchange(knows_days_, true))
    return;
  stored_days_ = std::move(days);
}

report_book::flush report_book::begin_flush() {
  CB_INVARIANT(!flushing_, "one flush at a time");
  flush out;
  if (!knows_days_)
    return out;
  flushed_days_ = stored_days_;
  for (auto& [day, rows] : days_) {
    if (!rows.read)
      continue;
    for (size_t k = 0; k < report_kind_count; ++k)
      for (auto& [name, e] : rows.kinds[k])
        if (std::exchange(e.changed, false)) {
          e.on_its_way = true;
          out.rows.emplace_back(report_key{day, static_cast<report_kind>(k), name}, e.row);
          flushed_days_.insert(day);
        }
  }
  out.days = flushed_days_;
  flushing_ = !out.rows.empty();
  return out;
}

void report_book::end_flush(bool written) {
  if (!std::exchange(flushing_, false))
    return;
  if (written)
    stored_days_.insert(flushed_days_.begin(), flushed_days_.end());
  for (auto& [day, rows] : days_)
    for (auto& all : rows.kinds)
      for (auto& [name, e] : all)
        e.changed = (std::exchange(e.on_its_way, false) && !written) || e.changed;
  std::erase_if(days_, [&](const auto& x) {
    const auto clean = [](const names& all) {
      return std::none_of(all.begin(), all.end(), [](const auto& e) { return e.second.changed; });
    };
    return x.first != latest_ && x.second.read && std::all_of(x.second.kinds.begin(), x.second.kinds.end(), clean);
  });
}

report_rows report_book::rows(const report_sum& wanted) const {
  report_rows out;
  const auto& q = wanted.query();
  for (auto day = days_.lower_bound(q.from); day != days_.end() && day->first <= q.to; ++day)
    for (const auto& [name, e] : day->second.kinds[static_cast<size_t>(q.kind)])
      if (wanted.wants(q.kind, name))
        out.emplace(report_key{day->first, q.kind, name}, e.row);
  return out;
}

size_t report_book::size() const {
  size_t n = 0;
  for (const auto& [day, rows] : days_)
    for (const auto& all : rows.kinds)
      n += all.size();
  return n;
}

} // namespace callboard
