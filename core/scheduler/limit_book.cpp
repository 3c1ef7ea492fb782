#include "core/scheduler/limit_book.hpp"

#include "core/base/invariant.hpp"
#include "core/job/unique_lane.hpp"

#include <utility>

namespace callboard {

namespace {

void renew(std::optional<token_bucket>& bucket, const std::optional<rate_limit>& before,
           const std::optional<rate_limit>& rate, steady_point now) {
  if (!rate)
    bucket.reset();
  else if (before != rate || !bucket)
    bucket.emplace(*rate, now);
}

/// What a unique key is held to, whatever its queue says of its keys.
const limit_rule one_at_a_time{.concurrency = 1};

} // namespace

limit_scope::hold limit_scope::held(steady_point now) const {
  if (rule.paused)
    return hold::paused;
  if (rule.concurrency != 0 && used >= rule.concurrency)
    return hold::concurrency;
  return bucket && !bucket->has_one(now) ? hold::rate : hold::none;
}

limit_scope_ptr limit_book::make(const limit_target& t) {
  auto s = std::make_shared<limit_scope>();
  s->target = t;
  s->name = t.kind == limit_kind::key ? key_name(t.name, t.key) : t.name;
  scopes_[index(t.kind)].emplace(s->name, s);
  return s;
}

void limit_book::set(const limit_target& t, const limit_rule& rule, steady_point now,
                     const std::function<void(const limit_scope_ptr&)>& recount) {
  auto s = find(t);
  const auto keys_before = s && t.kind == limit_kind::queue ? s->rule.per_key : key_limit{};
  if (!s) {
    s = make(t);
    recount(s);
  }
  wake_up(*s);
  s->inherited = t.kind == limit_kind::key && rule.is_plain();
  apply(s, s->inherited ? usual_rule(t.name, t.key) : rule, now);
  if (t.kind == limit_kind::queue && !(keys_before == rule.per_key)) {
    s->keys_since = now;
    inherit(t, now);
  }
  drop_if_idle(s);
}

void limit_book::apply(const limit_scope_ptr& s, const limit_rule& rule, steady_point now) {
  const auto before = std::exchange(s->rule, rule);
  renew(s->bucket, before.rate, rule.rate, now);
  renew(s->retries, before.retry_rate, rule.retry_rate, now);
  renew(s->preemptions, before.preemption, rule.preemption, now);
  wait_for_token(s, now);
  note(s);
}

/// The keys of the queue that have no rule of their own get its new one.
void limit_book::inherit(const limit_target& queue, steady_point now) {
  const auto rule = rule_of_keys(queue.name);
  auto& keys = scopes_[index(limit_kind::key)];
  std::vector<limit_scope_ptr> inherited;
  for (auto i = keys.lower_bound(key_name(queue.name, "")); i != keys.end() && i->second->target.name == queue.name;
       ++i)
    if (i->second->inherited && !is_unique_lane(i->second->target.key))
      inherited.push_back(i->second);
  for (const auto& s : inherited) {
    wake_up(*s);
    apply(s, rule, now);
    drop_if_idle(s);
  }
}

limit_scope_ptr limit_book::find(const limit_target& t) const {
  if (!any(t.kind))
    return nullptr;
  return t.kind == limit_kind::key ? find(t.kind, key_name(t.name, t.key)) : find(t.kind, t.name);
}

limit_scope_ptr limit_book::find(limit_kind kind, std::string_view name) const {
  const auto& scopes = scopes_[index(kind)];
  const auto i = scopes.find(name);
  return i == scopes.end() ? nullptr : i->second;
}

limit_rule limit_book::rule_of(const limit_target& t) const {
  const auto s = find(t);
  return s ? s->rule : t.kind == limit_kind::key ? usual_rule(t.name, t.key) : limit_rule{};
}

limit_rule limit_book::rule_of_keys(std::string_view queue) const {
  const auto& queues = scopes_[index(limit_kind::queue)];
  const auto q = queues.find(queue);
  limit_rule r;
  if (q != queues.end()) {
    r.concurrency = q->second->rule.per_key.concurrency;
    r.rate = q->second->rule.per_key.rate;
  }
  return r;
}

/// Of a key without a rule of its own.
limit_rule limit_book::usual_rule(std::string_view queue, std::string_view key) const {
  return is_unique_lane(key) ? one_at_a_time : rule_of_keys(queue);
}

limit_scope_ptr limit_book::scope_of_key(std::string_view queue, std::string_view key) {
  if (any(limit_kind::key))
    if (auto s = find(limit_kind::key, key_name(queue, key)))
      return s;
  auto rule = usual_rule(queue, key);
  if (rule.is_plain())
    return nullptr;
  auto s = make({limit_kind::key, std::string{queue}, std::string{key}});
  s->inherited = true;
  s->rule = rule;
  if (rule.rate) // a key that was not needed for a time has rested
    s->bucket.emplace(*rule.rate, find({limit_kind::queue, std::string{queue}, {}})->keys_since);
  return s;
}

void limit_book::take(const limit_units& u, steady_point now) {
  for (const auto* s : u.all())
    if (*s) {
      const auto before = (*s)->held(now);
      wake_up(**s);
      ++(*s)->used;
      if ((*s)->bucket)
        (*s)->bucket->take(now);
      note(*s, before, now);
    }
}

void limit_book::give(const limit_units& u) {
  for (const auto* s : u.all())
    if (*s) {
      auto& scope = **s;
      CB_INVARIANT(scope.used > 0, "a unit is given back once");
      if (scope.used-- == scope.rule.concurrency)
        note(*s);
      if (scope.used == 0)
        drop_if_idle(*s);
    }
}

/// What uses nothing and says nothing of its own is not kept.
void limit_book::drop_if_idle(const limit_scope_ptr& s) {
  if (s->used > 0 || !(s->inherited || s->rule.is_plain()))
    return;
  if (s->bucket && s->wakes_at == steady_point::max())
    return wake_at(s, s->bucket->full_at()); // until then it knows more than its rule
  if (s->bucket)
    return;
  wake_at(s, steady_point::max());
  if (s->rule.is_plain() || s->rule.rate)
    drop(s); // one with a rate begins anew as one that has rested
  else
    rest(s);
}

void limit_book::drop(const limit_scope_ptr& s) {
  s->known = false;
  note(s);
  scopes_[index(s->target.kind)].erase(s->name);
}

/// It is idle from now on; the one that has been so longest is dropped when there are too many.
void limit_book::rest(const limit_scope_ptr& s) {
  if (s->idle_since != 0)
    return;
  s->idle_since = ++rests_;
  idle_.emplace_back(s->idle_since, s);
  ++idle_count_;
  const auto was_used_since = [](const auto& x) { return x.second->idle_since != x.first; };
  if (idle_count_ > idle_kept) {
    while (was_used_since(idle_.front()))
      idle_.pop_front();
    const auto longest = std::move(idle_.front().second);
    idle_.pop_front();
    wake_up(*longest);
    drop(longest);
  }
  // What is left is at most twice what is idle.
  if (idle_.size() > 2 * idle_count_ + 16)
    std::erase_if(idle_, was_used_since);
}

void limit_book::wake_up(limit_scope& s) {
  if (std::exchange(s.idle_since, 0) != 0)
    --idle_count_;
}

steady_point limit_book::retry_slot(std::string_view type, steady_point now) {
  const auto& types = scopes_[index(limit_kind::type)];
  const auto i = types.empty() ? types.end() : types.find(type);
  if (i == types.end() || !i->second->retries)
    return now;
  auto& bucket = *i->second->retries;
  const auto slot = std::max(now, bucket.ready_at());
  bucket.take(now);
  return slot;
}

steady_point limit_book::preempts_at(std::string_view queue) const {
  const auto& queues = scopes_[index(limit_kind::queue)];
  const auto i = queues.empty() ? queues.end() : queues.find(queue);
  return i == queues.end() || !i->second->preemptions ? steady_point::max() : i->second->preemptions->ready_at();
}

void limit_book::take_preemption(std::string_view queue, steady_point now) {
  scopes_[index(limit_kind::queue)].find(queue)->second->preemptions->take(now);
}

void limit_book::note(const limit_scope_ptr& s, limit_scope::hold before, steady_point now) {
  const auto after = s->held(now);
  if (after == before)
    return;
  wait_for_token(s, now);
  note(s);
}

void limit_book::wake_at(const limit_scope_ptr& s, steady_point at) {
  if (at == s->wakes_at)
    return;
  waiting_.erase({s->wakes_at, s});
  s->wakes_at = at;
  if (at != steady_point::max())
    waiting_.emplace(at, s);
}

/// It is looked at again when there is a token.
void limit_book::wait_for_token(const limit_scope_ptr& s, steady_point now) {
  wake_at(s, s->bucket && !s->bucket->has_one(now) ? s->bucket->ready_at() : steady_point::max());
}

void limit_book::on_time(steady_point now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const auto s = waiting_.begin()->second;
    note(s);
    wait_for_token(s, now); // more may have been taken since, by what was found running
    if (s->bucket && s->bucket->full_at() <= now && s->used == 0 && (s->inherited || s->rule.is_plain()))
      s->bucket.reset();
    drop_if_idle(s);
  }
}

void limit_book::sanity_check(const std::map<const limit_scope*, uint64_t>& attempts) const {
  size_t idle = 0;
  for (const auto& scopes : scopes_)
    for (const auto& [name, s] : scopes) {
      CB_INVARIANT(s->known && name == s->name, "a limit is known by its name");
      idle += s->idle_since != 0;
      CB_INVARIANT(s->idle_since == 0 || (s->inherited && s->used == 0 && !s->rule.is_plain()),
                   "what is in use or has a rule of its own is not idle");
      const auto a = attempts.find(s.get());
      CB_INVARIANT(s->used == (a == attempts.end() ? 0 : a->second), "a limit's units are those of its attempts");
      CB_INVARIANT(s->used > 0 || !s->inherited || s->bucket || s->idle_since != 0,
                   "a key that uses nothing of its queue's rule is idle");
    }
  CB_INVARIANT(idle == idle_count_ && idle <= idle_kept, "the idle keys are counted, and few");
  for (const auto& [at, s] : waiting_)
    CB_INVARIANT(s->wakes_at == at, "a limit is looked at when it said");
}

} // namespace callboard
