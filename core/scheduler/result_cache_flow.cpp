#include "core/scheduler/result_cache_flow.hpp"

#include "core/scheduler/job_flow.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

/// Of the attempt's type, as its worker says.
template <class ByType>
auto fact_of(const scheduler_state& s, const attempt_slot& a, ByType seat::*facts) {
  std::optional<typename ByType::mapped_type> out;
  const auto* at = s.ledger.find(a.worker);
  const auto* job = s.index.find(a.job);
  if (!at || !job)
    return out;
  const auto& all = at->*facts;
  if (const auto i = all.find(s.index.type_of(job->shape)); i != all.end())
    out = i->second;
  return out;
}

} // namespace

/// An operator's rule goes before what the worker says. Nothing: its results are not used again.
std::optional<duration> result_cache_flow::cache_for(const attempt_slot& a, const std::string& type) const {
  auto holds = fact_of(s_, a, &seat::cache_for);
  if (s_.limits.any(limit_kind::type))
    if (const auto scope = s_.limits.find(limit_kind::type, type); scope && scope->rule.cache_for)
      holds = scope->rule.cache_for;
  return holds && *holds > duration{0} ? holds : std::nullopt;
}

void result_cache_flow::send(attempt_order order) {
  const fence_token f{order.fence};
  auto& a = *s_.ledger.find(f);
  if (!cache_for(a, order.type)) {
    a.untold = false;
    return s_.out.run(a.worker, std::move(order));
  }
  a.untold = true;
  read_request r;
  r.with_payload = false;
  r.cache = cache_question{order.type, fact_of(s_, a, &seat::versions).value_or(""), blob{order.payload}};
  waiting_.emplace(f.value, std::move(order));
  s_.port.read_store(request_bit | f.value, std::move(r));
}

void result_cache_flow::on_read(fence_token f, const read_answer& x, const moment& now) {
  auto found = waiting_.extract(f.value);
  auto* a = s_.ledger.find(f);
  if (!found || !a || a->ending)
    return; // it was lost meanwhile
  if (a->orphan)
    return flow_.close(f, now); // the job ended meanwhile, and the worker never heard of it
  auto& order = found.mapped();
  const auto holds = cache_for(*a, order.type);
  if (holds && !x.failed && !x.cache_key.empty()) {
    const auto source = std::find_if(x.jobs.begin(), x.jobs.end(), [&](const job_record& rec) {
      return rec.id != a->job && holds_result(rec, x.cache_key, *holds, now.wall);
    });
    if (source != x.jobs.end()) {
      attempt_outcome o; // without a start: it is no run of its type, by which others are estimated
      o.kind = outcome_kind::succeeded;
      o.result = source->result;
      return flow_.end_untold(f, std::move(o), now, source->id);
    }
    a->cache_key = x.cache_key;
  }
  a->untold = false;
  s_.out.run(a->worker, std::move(order));
}

} // namespace callboard
