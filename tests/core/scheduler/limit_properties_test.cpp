// Limits against a model that counts: what runs, by queue, type and key, and what each of them allows.
#include "core/scheduler/limit_views.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

class counted_world : public hand_world {
public:
  using op = std::tuple<uint8_t, uint8_t, uint8_t>;
  static constexpr uint32_t slots = 5;

  counted_world() {
    start();
    worker_ = join("w1", slots);
  }

  void play(const op& x) {
    const auto [what, a, b] = x;
    auto before = counts();
    switch (what % 8) {
    case 0:
    case 1:
    case 2: {
      auto s = job_builder{}.queue("q" + std::to_string(a % 2)).spec();
      if (b % 4 != 0)
        s.concurrency_key = "k" + std::to_string(b % 4);
      const auto id = submit(s);
      jobs_[id] = {s.queue, s.concurrency_key};
      break;
    }
    case 3:
    case 4:
      if (const auto id = one_of(a, true)) {
        end(worker_, *id, {.kind = b % 3 == 0 ? outcome_kind::failed_final : outcome_kind::succeeded});
        jobs_.erase(*id);
      }
      break;
    case 5:
      if (const auto id = one_of(a, b % 2 == 0)) {
        ask(cancel_call{*id, "", {}});
        settle();
        if (has(worker_, *id)) // it has its slot, and counts, until the worker says that it is over
          orphans_.push_back(*id);
        else
          jobs_.erase(*id);
      }
      if (b % 3 == 0)
        end_orphans();
      break;
    default:
      end_orphans(); // a rule that comes later does not count them: only their worker knows of them
      compare(before);
      before = counts();
      change_rule(a, b);
    }
    compare(before);
  }

private:
  struct job {
    std::string queue, key;
  };
  struct less {
    bool operator()(const limit_target& x, const limit_target& y) const {
      return std::tie(x.kind, x.name, x.key) < std::tie(y.kind, y.name, y.key);
    }
  };
  using numbers = std::map<limit_target, uint32_t, less>;

  static std::vector<limit_target> targets_of(const job& j) {
    std::vector<limit_target> out{{limit_kind::queue, j.queue, {}}, {limit_kind::type, "noop", {}}};
    if (!j.key.empty())
      out.push_back({limit_kind::key, j.queue, j.key});
    return out;
  }

  /// Attempts under way.
  numbers counts() const {
    numbers out;
    for (const auto& [id, j] : jobs_)
      if (has(worker_, id))
        for (const auto& t : targets_of(j))
          ++out[t];
    return out;
  }
  limit_rule rule_of(const limit_target& t) const {
    if (const auto own = rules_.find(t); own != rules_.end() && !own->second.is_plain())
      return own->second;
    limit_rule r;
    if (const auto q = rules_.find({limit_kind::queue, t.name, {}}); t.kind == limit_kind::key && q != rules_.end())
      r.concurrency = q->second.per_key.concurrency;
    return r;
  }
  static bool is_closed(const limit_rule& r, uint32_t under_way) {
    return r.paused || (r.concurrency != 0 && under_way >= r.concurrency);
  }

  std::optional<job_id> one_of(uint8_t n, bool running) const {
    std::vector<job_id> some;
    for (const auto& [id, j] : jobs_)
      if (has(worker_, id) == running && live(id))
        some.push_back(id);
    return some.empty() ? std::nullopt : std::optional{some[n % some.size()]};
  }

  void end_orphans() {
    for (const auto id : std::exchange(orphans_, {})) {
      end(worker_, id, {.kind = outcome_kind::cancelled});
      jobs_.erase(id);
    }
  }

  void change_rule(uint8_t a, uint8_t b) {
    limit_rule r;
    r.concurrency = b % 4;
    r.paused = b % 16 == 4;
    limit_target t{limit_kind::type, "noop", {}};
    if (a % 4 != 0)
      t = {limit_kind::queue, "q" + std::to_string(b / 4 % 2), {}};
    if (a % 4 == 1)
      r.per_key.concurrency = b / 8 % 3;
    if (a % 4 == 2)
      t = {limit_kind::key, t.name, "k" + std::to_string(1 + b / 8 % 3)};
    if (t.kind == limit_kind::key && r.concurrency == rule_of({limit_kind::key, t.name, "?"}).concurrency && !r.paused)
      r = {}; // it has that from its queue
    RC_ASSERT(static_cast<bool>(**ask_limit({t, r, {}, {}})));
    rules_[t] = r;
  }

  void compare(const numbers& before) const {
    const auto now_there = counts();
    for (const auto& [t, n] : now_there) {
      const auto r = rule_of(t);
      const auto was = before.find(t);
      if (n > (was == before.end() ? 0 : was->second)) { // something started
        RC_ASSERT(!r.paused);
        RC_ASSERT(r.concurrency == 0u || n <= r.concurrency);
      }
    }
    // Nothing waits without a reason.
    size_t used = 0;
    for (const auto& [id, j] : jobs_)
      used += has(worker_, id);
    RC_ASSERT(used <= slots);
    for (const auto& [id, j] : jobs_) {
      if (used == slots || has(worker_, id))
        continue;
      const auto targets = targets_of(j);
      RC_ASSERT(std::any_of(targets.begin(), targets.end(), [&](const auto& t) {
        const auto n = now_there.find(t);
        return is_closed(rule_of(t), n == now_there.end() ? 0 : n->second);
      }));
    }
    // What is shown is what is counted.
    for (const auto& [t, n] : now_there)
      if (!rule_of(t).is_plain())
        RC_ASSERT(view_of(core.state(), t, now).under_way == n);
  }

  worker_id worker_;
  std::map<job_id, job> jobs_; ///< that live, or have a slot
  std::vector<job_id> orphans_;
  std::map<limit_target, limit_rule, less> rules_;
};

} // namespace

TEST_CASE("limits: any submits, ends, cancellations and changes of rules keep what each allows, and nothing idles",
          "[scheduler][limits]") {
  CHECK(rc::check("numbers by queue, type and key", [](const std::vector<counted_world::op>& ops) {
    counted_world world;
    for (const auto& x : ops)
      world.play(x);
  }));
}
