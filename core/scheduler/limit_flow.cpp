#include "core/scheduler/limit_flow.hpp"

#include "core/scheduler/limit_views.hpp"
#include "core/scheduler/tell_events.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace callboard {

namespace {

constexpr std::array<std::string_view, 3> kind_names{"queue/", "type/", "key/"};

/// Of a key: the length of its queue's name comes first.
std::string fact_of(const limit_target& t) {
  auto fact = std::string{limit_prefix}.append(kind_names.at(static_cast<size_t>(t.kind)));
  if (t.kind == limit_kind::key)
    fact.append(std::to_string(t.name.size())).append("/");
  return fact.append(t.name).append(t.key);
}

/// @param rest  the fact's name behind the prefix.
std::optional<limit_target> parse_target(std::string_view rest) {
  for (const auto kind : {limit_kind::queue, limit_kind::type, limit_kind::key}) {
    const auto name = kind_names.at(static_cast<size_t>(kind));
    if (!rest.starts_with(name))
      continue;
    rest.remove_prefix(name.size());
    if (kind != limit_kind::key)
      return limit_target{kind, std::string{rest}, {}};
    size_t length = 0;
    const auto [end, bad] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    if (bad != std::errc{} || !rest.starts_with('/') || length > rest.size() - 1)
      return std::nullopt;
    return limit_target{kind, std::string{rest.substr(1, length)}, std::string{rest.substr(1 + length)}};
  }
  return std::nullopt;
}

} // namespace

void limit_flow::restore(const std::vector<stored_limit>& limits, const moment& now) {
  for (const auto& x : limits)
    set(x, now);
}

void limit_flow::set(const stored_limit& x, const moment& now) {
  const auto& t = x.target;
  if (t.kind == limit_kind::type)
    if (const auto before = s_.limits.rule_of(t); x.rule.defaults != before.defaults || x.rule.redact != before.redact)
      s_.port.use_type_rule(t.name, x.rule);
  // What was under way before there was a rule counts from now on. Of a job that is over already only its worker knows.
  const auto recount = [&](const limit_scope_ptr& scope) {
    for_each_attempt(
      [&](attempt_slot& a, const limit_target& mine) {
        if (mine == t)
          join(a, scope);
      },
      t.kind);
  };
  s_.limits.set(t, x.rule, now.steady, recount);
  if (t.kind == limit_kind::queue)
    s_.index.set_sheds(t.name, x.rule.sheds);
  if (t.kind == limit_kind::queue && !(x.rule.per_key == key_limit{}))
    for_each_attempt(
      [&](attempt_slot& a, const limit_target& mine) {
        if (mine.name == t.name && !mine.key.empty() && !a.units.key)
          join(a, s_.limits.scope_of_key(mine.name, mine.key));
      },
      limit_kind::key);
}

void limit_flow::join(attempt_slot& a, const limit_scope_ptr& scope) {
  a.units.of(scope->target.kind) = scope;
  s_.limits.join(scope);
}

/// `each(attempt, target)` for the attempts under way, with what is theirs of that kind.
template <class Each>
void limit_flow::for_each_attempt(Each&& each, limit_kind kind) {
  s_.ledger.for_each_taken([&](attempt_slot& a) {
    const auto* e = s_.index.find(a.job);
    if (!e || a.orphan)
      return;
    each(a, target_of(s_, *e, kind));
  });
}

void limit_flow::on(limit_call& x, const moment& now) {
  if (!x.rule && !x.paused)
    return x.reply.deliver(view_of(s_, x.target, now));
  const auto fact = fact_of(x.target);
  if (!waiting_.wait(fact, x))
    write(fact, x);
}

/// That will have a rule when what is being written is.
size_t limit_flow::new_names(limit_kind kind) const {
  return static_cast<size_t>(std::count_if(writing_.begin(), writing_.end(), [&](const auto& w) {
    const auto& limit = w.second.limit;
    return limit.target.kind == kind && !limit.rule.is_plain() && !has_rule(limit.target);
  }));
}

bool limit_flow::has_rule(const limit_target& t) const {
  const auto scope = s_.limits.find(t);
  return scope && !scope->inherited && !scope->rule.is_plain();
}

size_t limit_flow::rules(limit_kind kind) const {
  const auto& all = s_.limits.all(kind);
  return static_cast<size_t>(
           std::count_if(all.begin(), all.end(), [](const auto& x) { return !x.second->inherited; })) +
         new_names(kind);
}

void limit_flow::write(const std::string& fact, limit_call& x) {
  static constexpr std::array<std::string_view, 3> kinds{"queues", "job types", "concurrency keys"};
  const auto kind = x.target.kind;
  const bool known = has_rule(x.target);
  auto rule = x.rule.value_or(s_.limits.rule_of(x.target));
  if (x.paused)
    rule.paused = *x.paused;
  if (kind == limit_kind::key && rule == s_.limits.rule_of_keys(x.target.name))
    rule = {}; // it has that from its queue
  if (!known && !rule.is_plain() && rules(kind) >= s_.settings.limits_max) {
    x.reply.deliver(error{ec::queue_full, "the number of " + std::string{kinds.at(static_cast<size_t>(kind))} +
                                            " with limits is at its bound of " +
                                            std::to_string(s_.settings.limits_max) + " (jobs.limits_max)"});
    return;
  }
  commit_part part;
  part.boot = s_.boot;
  part.facts_bound = true;
  if (rule.is_plain())
    part.meta_removed.push_back(fact);
  else
    part.meta.emplace_back(fact, to_text(rule));
  job_note n;
  n.token = ++s_.last_token;
  part.notes.push_back(std::move(n));
  waiting_.begin(fact);
  writing_.emplace(s_.last_token, new_rule{{std::move(x.target), rule}, std::move(x.reply)});
  s_.port.commit(std::move(part));
}

void limit_flow::on_note(uint64_t token, const std::optional<error>& failed, const moment& now) {
  const auto w = writing_.extract(token);
  if (!w)
    return;
  const auto& [limit, reply] = w.mapped();
  if (failed) {
    reply.deliver(*failed);
  } else {
    const bool was_paused = s_.limits.rule_of(limit.target).paused;
    set(limit, now);
    tell_limit(s_, limit.target, was_paused, limit.rule.paused, now);
    reply.deliver(view_of(s_, limit.target, now));
  }
  const auto fact = fact_of(limit.target);
  waiting_.end(fact, [&](limit_call& next) { write(fact, next); });
}

void limit_flow::refuse_waiting(const error& why) {
  waiting_.clear([&](limit_call& x) { x.reply.deliver(why); });
}

std::vector<stored_limit> read_limits(const std::vector<std::pair<std::string, std::string>>& facts,
                                      std::vector<std::string>& damaged) {
  std::vector<stored_limit> out;
  for (const auto& [key, text] : facts) {
    auto target = parse_target(std::string_view{key}.substr(limit_prefix.size()));
    const auto rule = parse_limit_rule(text);
    if (target && rule)
      out.push_back({std::move(*target), *rule});
    else
      damaged.push_back(key);
  }
  return out;
}

} // namespace callboard
