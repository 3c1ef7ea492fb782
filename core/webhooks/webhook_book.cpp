#include "core/webhooks/webhook_book.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

void webhook_book::restore(std::vector<webhook> all) {
  auto before = std::exchange(rows_, {});
  for (auto& w : all) {
    row r;
    if (const auto known = before.find(w.name); known != before.end())
      r = std::move(known->second);
    r.definition = std::move(w);
    auto name = r.definition.name;
    rows_.insert_or_assign(std::move(name), std::move(r));
  }
  std::erase_if(pending_, [this](const auto& o) { return !rows_.contains(o.webhook); });
}

void webhook_book::put(webhook w, const event_id& last) {
  auto& r = rows_[w.name];
  if (!r.definition.enabled || r.definition.name.empty())
    r.after = last.number;
  r.definition = std::move(w);
}

void webhook_book::remove(std::string_view name) {
  if (const auto r = rows_.find(name); r != rows_.end())
    rows_.erase(r);
  std::erase_if(pending_, [name](const auto& o) { return o.webhook == name; });
}

const webhook* webhook_book::find(std::string_view name) const {
  const auto r = rows_.find(name);
  return r == rows_.end() ? nullptr : &r->second.definition;
}

std::vector<webhook> webhook_book::all() const {
  std::vector<webhook> out;
  for (const auto& [name, r] : rows_)
    out.push_back(r.definition);
  return out;
}

bool webhook_book::any_enabled() const {
  return std::any_of(rows_.begin(), rows_.end(), [](const auto& x) { return x.second.definition.enabled; });
}

bool webhook_book::any_wants_ends() const {
  return std::any_of(rows_.begin(), rows_.end(),
                     [](const auto& x) { return x.second.definition.enabled && wants_ends(x.second.definition); });
}

bool webhook_book::is_passed_over(const scheduler_event& e) const {
  return e.job &&
         std::find(limits_.passed_over.begin(), limits_.passed_over.end(), e.queue) != limits_.passed_over.end();
}

void webhook_book::add_pending(const row& r, const std::string& identity, const scheduler_event& e, std::string& text,
                               const std::function<std::string()>& json) {
  if (full()) {
    if (is_end_of_job(e.kind))
      behind_ = true;
    else
      ++dropped_;
    return;
  }
  if (text.empty())
    text = json();
  pending_.push_back({next_++, r.definition.name, delivery_id(r.definition.name, identity), e.kind, text});
}

void webhook_book::offer(const event_id& id, const scheduler_event& e, const std::function<std::string()>& json) {
  if (is_passed_over(e))
    return;
  std::string identity, text;
  for (const auto& [name, r] : rows_) {
    if (!r.definition.enabled || id.number <= r.after || !r.definition.filter.passes(e))
      continue;
    if (identity.empty())
      identity = identity_of(id, e);
    add_pending(r, identity, e, text, json);
  }
}

void webhook_book::offer_found(const scheduler_event& end, const std::function<std::string()>& json) {
  if (is_passed_over(end))
    return;
  std::string text;
  for (const auto& [name, r] : rows_)
    if (r.definition.enabled && end.at >= r.definition.since && r.definition.filter.passes(end))
      add_pending(r, identity_of({}, end), end, text, json);
}

std::vector<pending_delivery> webhook_book::oldest(size_t count) const {
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(std::min(count, pending_.size()));
  return {pending_.begin(), end};
}

void webhook_book::delivered(const std::vector<uint64_t>& numbers, const std::vector<uint64_t>& known) {
  const auto has = [](const std::vector<uint64_t>& all, uint64_t n) {
    return std::binary_search(all.begin(), all.end(), n);
  };
  std::erase_if(pending_, [&](const pending_delivery& o) {
    const bool there = has(numbers, o.number);
    if (there && !has(known, o.number))
      if (const auto r = rows_.find(o.webhook); r != rows_.end())
        ++r->second.made;
    return there;
  });
}

std::map<std::string, uint64_t> webhook_book::made() const {
  std::map<std::string, uint64_t> out;
  for (const auto& [name, r] : rows_)
    out.emplace(name, r.made);
  return out;
}

} // namespace callboard
