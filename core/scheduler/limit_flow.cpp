#include "core/scheduler/limit_flow.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace callboard {

namespace {

constexpr std::string_view kind_names[] = {"queue/", "type/"};

std::string fact_of(limit_kind kind, std::string_view name) {
  return std::string{limit_prefix}.append(kind_names[static_cast<size_t>(kind)]).append(name);
}

std::string_view text_of(limit_scope::hold h) {
  switch (h) {
  case limit_scope::hold::none:
    return "";
  case limit_scope::hold::paused:
    return "paused";
  case limit_scope::hold::concurrency:
    return "concurrency";
  case limit_scope::hold::rate:
    return "rate";
  }
  return "";
}

} // namespace

void limit_flow::restore(const std::vector<stored_limit>& limits, const moment& now) {
  for (const auto& x : limits)
    set(x, now);
}

void limit_flow::set(const stored_limit& x, const moment& now) {
  // What was under way before there was a rule counts from now on. Of a job that is over already only its worker knows.
  const auto recount = [&](const limit_scope_ptr& scope) {
    s_.ledger.for_each_taken([&](attempt_slot& a) {
      const auto* e = s_.index.find(a.job);
      if (!e || a.orphan)
        return;
      auto& unit = x.kind == limit_kind::queue ? a.units.queue : a.units.type;
      const auto name = x.kind == limit_kind::queue ? s_.index.queues().name(e->queue)
                                                    : s_.index.types().name(s_.index.type_of(e->shape));
      if (name == x.name) {
        unit = scope;
        s_.limits.join(scope);
      }
    });
  };
  s_.limits.set(x.kind, x.name, x.rule, now.steady, recount);
}

void limit_flow::on(limit_call& x, const moment& now) {
  if (!x.rule && !x.paused)
    return x.reply.deliver(view_of(s_, x.kind, x.name, now));
  const auto fact = fact_of(x.kind, x.name);
  if (const auto w = waiting_.find(fact); w != waiting_.end())
    return w->second.push_back(std::move(x));
  write(fact, x);
}

/// That will have a rule when what is being written is.
size_t limit_flow::new_names(limit_kind kind) const {
  return static_cast<size_t>(std::count_if(writing_.begin(), writing_.end(), [&](const auto& w) {
    const auto& limit = w.second.limit;
    return limit.kind == kind && !limit.rule.is_plain() && !s_.limits.find(kind, limit.name);
  }));
}

void limit_flow::write(const std::string& fact, limit_call& x) {
  const auto scope = s_.limits.find(x.kind, x.name);
  auto rule = x.rule.value_or(scope ? scope->rule : limit_rule{});
  if (x.paused)
    rule.paused = *x.paused;
  if (!scope && !rule.is_plain() && s_.limits.all(x.kind).size() + new_names(x.kind) >= s_.settings.limits_max)
    return x.reply.deliver(error{ec::queue_full, "the number of " +
                                                   std::string{x.kind == limit_kind::queue ? "queues" : "job types"} +
                                                   " with limits is at its bound of " +
                                                   std::to_string(s_.settings.limits_max) + " (jobs.limits_max)"});
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
  waiting_.try_emplace(fact);
  writing_.emplace(s_.last_token, new_rule{{x.kind, std::move(x.name), rule}, std::move(x.reply)});
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
    set(limit, now);
    reply.deliver(view_of(s_, limit.kind, limit.name, now));
  }
  go_on(fact_of(limit.kind, limit.name));
}

/// The calls behind a rule that is settled, up to the next one that is to be written.
void limit_flow::go_on(const std::string& fact) {
  const auto w = waiting_.find(fact);
  if (w->second.empty()) {
    waiting_.erase(w);
    return;
  }
  auto next = std::move(w->second.front());
  w->second.pop_front();
  const auto before = writing_.size();
  write(fact, next);
  if (writing_.size() == before) // it was refused
    go_on(fact);
}

void limit_flow::refuse_waiting(const error& why) {
  for (auto& [fact, calls] : waiting_)
    for (auto& x : std::exchange(calls, {}))
      x.reply.deliver(why);
}

std::vector<stored_limit> read_limits(const std::vector<std::pair<std::string, std::string>>& facts,
                                      std::vector<std::string>& damaged) {
  std::vector<stored_limit> out;
  for (const auto& [key, text] : facts) {
    const auto rest = std::string_view{key}.substr(limit_prefix.size());
    const auto rule = parse_limit_rule(text);
    const bool queue = rest.starts_with(kind_names[0]), type = rest.starts_with(kind_names[1]);
    if (!rule || (!queue && !type)) {
      damaged.push_back(key);
      continue;
    }
    const auto kind = queue ? limit_kind::queue : limit_kind::type;
    out.push_back({kind, std::string{rest.substr(kind_names[static_cast<size_t>(kind)].size())}, *rule});
  }
  return out;
}

limit_view view_of(const scheduler_state& s, limit_kind kind, const std::string& name, const moment& now) {
  limit_view v;
  v.kind = kind;
  v.name = name;
  if (const auto scope = s.limits.find(kind, name)) {
    v.rule = scope->rule;
    v.under_way = scope->used;
    v.held = text_of(scope->held(now.steady));
  }
  if (kind == limit_kind::type) {
    const auto number = s.index.types().find(name);
    const auto& ready = s.index.ready_by_type();
    if (number && *number < ready.size())
      v.ready = ready[*number];
    return v;
  }
  const auto number = s.index.queues().find(name);
  if (!number)
    return v;
  const auto& states = s.index.table().by_state(*number);
  const auto in = [&](job_state x) { return states[static_cast<size_t>(x)]; };
  v.running = in(job_state::running);
  v.retrying = in(job_state::retrying);
  if (const auto* jobs = s.index.line().find(*number)) {
    v.ready = jobs->size();
    if (const auto since = jobs->oldest_ready())
      v.oldest_ready = now.wall - (now.steady - *since);
  }
  const auto live = in(job_state::queued) + in(job_state::scheduled) + v.retrying;
  v.waiting = live > v.ready ? live - v.ready : 0;
  v.last_processed = s.index.last_processed(*number);
  return v;
}

limit_page page_of(const scheduler_state& s, const limits_call& x, const moment& now) {
  // The first names behind `after`, of those with jobs and those with a rule: a queue per user is normal use, so no
  // more of them are kept than the page has.
  std::set<std::string> names;
  const auto consider = [&](std::string_view name) {
    if (name <= x.after || (names.size() > x.limit && name >= *names.rbegin()))
      return;
    names.emplace(name);
    if (names.size() > x.limit + size_t{1})
      names.erase(std::prev(names.end()));
  };
  const auto& table = x.kind == limit_kind::queue ? s.index.queues() : s.index.types();
  table.for_each([&](uint32_t, std::string_view name) { consider(name); });
  for (const auto& [name, scope] : s.limits.all(x.kind))
    consider(name);
  limit_page page;
  for (const auto& name : names) {
    if (page.limits.size() == x.limit) {
      page.next = page.limits.back().name;
      break;
    }
    page.limits.push_back(view_of(s, x.kind, name, now));
  }
  return page;
}

} // namespace callboard
