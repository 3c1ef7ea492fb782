#include "core/scheduler/limit_book.hpp"

#include "core/base/invariant.hpp"

#include <utility>

namespace callboard {

limit_scope::hold limit_scope::held(steady_point now) const {
  if (rule.paused)
    return hold::paused;
  if (rule.concurrency != 0 && used >= rule.concurrency)
    return hold::concurrency;
  return bucket && !bucket->has_one(now) ? hold::rate : hold::none;
}

void limit_book::set(limit_kind kind, const std::string& name, const limit_rule& rule, steady_point now,
                     const std::function<void(const limit_scope_ptr&)>& recount) {
  auto& scopes = scopes_[index(kind)];
  auto& s = scopes[name];
  if (!s) {
    s = std::make_shared<limit_scope>();
    s->kind = kind;
    s->name = name;
    recount(s);
  }
  const bool same_rate = rule.rate == s->rule.rate;
  s->rule = rule;
  if (!rule.rate)
    s->bucket.reset();
  else if (!same_rate || !s->bucket)
    s->bucket.emplace(*rule.rate, now);
  wait_for_token(s, now);
  changed_.push_back(s);
  if (rule.is_plain() && s->used == 0)
    scopes.erase(name);
}

limit_scope_ptr limit_book::find(limit_kind kind, std::string_view name) const {
  const auto& scopes = scopes_[index(kind)];
  const auto i = scopes.find(name);
  return i == scopes.end() ? nullptr : i->second;
}

limit_units limit_book::units_of(std::string_view queue, std::string_view type) const {
  return {any(limit_kind::queue) ? find(limit_kind::queue, queue) : nullptr,
          any(limit_kind::type) ? find(limit_kind::type, type) : nullptr};
}

void limit_book::take(const limit_units& u, steady_point now) {
  for (const auto* s : {&u.queue, &u.type})
    if (*s) {
      const auto before = (*s)->held(now);
      ++(*s)->used;
      if ((*s)->bucket)
        (*s)->bucket->take(now);
      note(*s, before, now);
    }
}

void limit_book::give(const limit_units& u) {
  for (const auto* s : {&u.queue, &u.type})
    if (*s) {
      auto& scope = **s;
      CB_INVARIANT(scope.used > 0, "a unit is given back once");
      if (--scope.used < scope.rule.concurrency)
        changed_.push_back(*s);
      if (scope.used == 0 && scope.rule.is_plain())
        scopes_[index(scope.kind)].erase(scope.name);
    }
}

void limit_book::note(const limit_scope_ptr& s, limit_scope::hold before, steady_point now) {
  const auto after = s->held(now);
  if (after == before)
    return;
  wait_for_token(s, now);
  changed_.push_back(s);
}

/// It is looked at again when there is a token.
void limit_book::wait_for_token(const limit_scope_ptr& s, steady_point now) {
  std::erase_if(waiting_, [&s](const auto& w) { return w.second == s; });
  if (s->bucket && !s->bucket->has_one(now))
    waiting_.emplace(s->bucket->ready_at(), s);
}

void limit_book::on_time(steady_point now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const auto s = waiting_.begin()->second;
    changed_.push_back(s);
    wait_for_token(s, now); // more may have been taken since, by what was found running
  }
}

std::vector<limit_scope_ptr> limit_book::take_changed() {
  return std::exchange(changed_, {});
}

void limit_book::sanity_check(const std::map<const limit_scope*, uint64_t>& attempts) const {
  for (const auto& scopes : scopes_)
    for (const auto& [name, s] : scopes) {
      const auto a = attempts.find(s.get());
      CB_INVARIANT(s->used == (a == attempts.end() ? 0 : a->second), "a limit's units are those of its attempts");
    }
}

} // namespace callboard
