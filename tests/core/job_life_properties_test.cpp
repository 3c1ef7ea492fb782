#include "core/job/job_life.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <random>
#include <set>

using namespace callboard;
using namespace std::chrono_literals;
using test::job_builder;
using test::noon;

namespace {

// Pairs of states from the agreement, as letters: Q S R T C F X (T retrying, X cancelled).
const std::set<std::string> allowed_steps{"QS", "QX", "SR", "SF", "SX", "RC", "RF",
                                          "RX", "RT", "TR", "TF", "TX", "FT", "FX"};

char letter(job_state s) {
  return "QSRTCFX"[static_cast<size_t>(s)];
}

struct call {
  uint8_t what, fence, kind, minutes;
};

result<life_change> make(job_record& rec, const call& c, time_point now, uint64_t& fences, const life_limits& l) {
  // Mostly the current fence, sometimes a late one.
  const fence_token fence = c.fence % 8 == 0 ? fence_token{c.fence % 3u} : rec.current_fence;
  attempt_outcome o;
  o.kind = static_cast<outcome_kind>(c.kind % 7);
  if (c.kind % 2 == 0)
    o.started_at = now;
  switch (c.what % 12) {
  case 0:
    return arm(rec, now, l);
  case 1:
  case 2:
    return place(rec, {"w", fence_token{++fences}}, now, l);
  case 3:
  case 4:
    return start(rec, fence, now, l);
  case 5:
  case 6:
    return finish(rec, fence, o, now, c.kind, l);
  case 7:
    return lose(rec, fence, "lost", now, l);
  case 8:
    return c.kind % 4 == 0 ? cancel(rec, "CANCELLED", "", now, l)
                           : adopt(rec, {"w", fence_token{++fences}}, 1, now, now, l);
  case 9:
    return c.kind % 4 == 0 ? miss_deadline(rec, rec.spec.deadline.value_or(now), now, l)
                           : place(rec, {"v", fence_token{++fences}}, now, l);
  case 10:
    return retry(rec, now, l);
  default:
    return modify(rec, {static_cast<uint8_t>(c.kind % 12), {}, {}}, now, l);
  }
}

bool same_where_it_matters(const job_record& a, const job_record& b) {
  return a.state == b.state && a.history == b.history && a.attempt == b.attempt && a.retry_count == b.retry_count &&
         a.loss_count == b.loss_count && a.current_fence == b.current_fence && a.worker == b.worker &&
         a.error == b.error && a.finished_at == b.finished_at && a.retry_at == b.retry_at &&
         a.started_at == b.started_at && a.spec.priority == b.spec.priority;
}

void check_record(const job_record& rec, const life_limits& l) {
  RC_ASSERT(is_terminal(rec.state) == rec.finished_at.has_value());
  RC_ASSERT(!is_terminal(rec.state) || !rec.current_fence);
  RC_ASSERT(rec.state != job_state::running || rec.current_fence);
  RC_ASSERT(rec.state != job_state::queued || !rec.current_fence);
  RC_ASSERT((rec.state == job_state::retrying) == rec.retry_at.has_value());
  RC_ASSERT(rec.retry_count <= rec.spec.max_retries);
  RC_ASSERT(rec.loss_count <= l.losses_max);
  RC_ASSERT(rec.history.size() <= l.history_entries_max);
  RC_ASSERT(rec.history.front().state == job_state::queued);
  RC_ASSERT(rec.history.back().state == rec.state);
  RC_ASSERT(rec.state != job_state::failed || rec.error);
  RC_ASSERT(rec.state != job_state::completed || !rec.error);
}

} // namespace

namespace rc {
template <>
struct Arbitrary<call> {
  static Gen<call> arbitrary() {
    return gen::build<call>(gen::set(&call::what), gen::set(&call::fence), gen::set(&call::kind),
                            gen::set(&call::minutes));
  }
};
} // namespace rc

TEST_CASE("no sequence of calls leaves the edges of the machine", "[job_life]") {
  CHECK(rc::check("any calls", [](const std::vector<call>& calls, uint8_t retries, bool later, uint8_t rules) {
    life_limits l;
    l.losses_max = 3;
    l.history_entries_max = 1000;
    job_builder builder;
    builder.retries(retries % 4);
    if (later)
      builder.schedule_at(noon + 30min);
    // Failures have no code here: they are HANDLER_EXCEPTION or TIMEOUT.
    retry_policy p{backoff::fixed, 1s, 10min, false};
    if (rules % 4 != 3)
      p.rules.push_back({rules % 2 == 0 ? "*" : "T*", static_cast<failure_action>(rules % 4 % 3), 1min});
    p.total = std::chrono::minutes{rules / 4 % 4 * 10};
    builder.policy(p).on_miss(static_cast<deadline_action>(rules / 16 % 4)).deadline(noon + 5min);
    auto rec = builder.created();
    auto now = noon;
    uint64_t fences = 100;
    for (const auto& c : calls) {
      now += std::chrono::minutes{c.minutes % 10};
      const auto before = rec;
      const auto r = make(rec, c, now, fences, l);
      if (!r) {
        RC_ASSERT(same_where_it_matters(rec, before));
        RC_ASSERT(!r.err().message.empty());
        continue;
      }
      RC_ASSERT(r->before == before.state);
      RC_ASSERT(r->after == rec.state);
      // A change that nobody can learn again is durable.
      if (is_terminal(rec.state) || rec.retry_count != before.retry_count || rec.loss_count != before.loss_count)
        RC_ASSERT(r->durable);
      check_record(rec, l);
    }
    for (size_t i = 1; i < rec.history.size(); ++i) {
      const std::string step{letter(rec.history[i - 1].state), letter(rec.history[i].state)};
      if (step[0] == step[1]) {
        const auto& reason = rec.history[i].reason;
        RC_ASSERT(reason.starts_with("changed:") || reason.starts_with("its deadline passed; it runs late"));
        continue;
      }
      RC_ASSERT(allowed_steps.count(step) == 1u);
    }
  }));
}

TEST_CASE("random calls reach every edge", "[job_life]") {
  std::mt19937_64 random{20240601};
  std::set<std::string> taken;
  life_limits l;
  l.losses_max = 2;
  l.history_entries_max = 1000;
  for (int job = 0; job < 3000; ++job) {
    auto rec = job_builder{}.retries(static_cast<uint32_t>(random() % 3)).deadline(noon).created();
    uint64_t fences = 0;
    for (int i = 0; i < 20; ++i) {
      const auto bits = random();
      const auto byte = [&](int n) { return static_cast<uint8_t>(bits >> (8 * n)); };
      (void)static_cast<bool>(make(rec, call{byte(0), byte(1), byte(2), byte(3)}, noon, fences, l));
    }
    for (size_t i = 1; i < rec.history.size(); ++i)
      if (rec.history[i].state != rec.history[i - 1].state)
        taken.insert({letter(rec.history[i - 1].state), letter(rec.history[i].state)});
  }
  CHECK(taken == allowed_steps);
}
