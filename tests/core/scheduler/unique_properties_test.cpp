// Unique jobs against a model of what clients and workers see (unique_model.hpp).
#include "tests/core/scheduler/hand_world.hpp"
#include "tests/core/scheduler/unique_model.hpp"

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

class unique_world : public hand_world, private unique_model {
public:
  using op = std::tuple<uint8_t, uint8_t, uint8_t, uint8_t>;

  unique_world() {
    start();
    worker_ = join("w1", worker_slots);
  }

  void play(const op& x) {
    const auto [what, a, b, c] = x;
    switch (what % 12) {
    case 0:
    case 1:
    case 2:
      submit_all({spec_by(a, b, c)}, false);
      break;
    case 3: // the keys of one request meet as well
      submit_all({spec_by(a, b, c), spec_by(b, c, a), spec_by(c, a, b)}, b % 3 == 0);
      break;
    case 4: // the disk takes nothing
      disk_full = true;
      refused_by_disk(send(spec_by(a, b, c)), judged({spec_by(a, b, c)}).front());
      disk_full = false;
      settle();
      break;
    case 5:
      race(spec_by(a, b, c), spec_by(a, c, b), c % 2 == 0);
      break;
    case 6:
      if (const auto id = one_of(a, [](const model_job& j) { return j.given && !j.begun; })) {
        begin(worker_, *id);
        jobs[*id].begun = true;
      }
      break;
    case 7:
      if (const auto id = one_of(a, [](const model_job& j) { return j.given; }))
        finish(*id, b);
      break;
    case 8:
      if (const auto id = one_of(a, [](const model_job& j) { return j.live; }))
        cancel(*id, b % 3 == 0);
      break;
    case 9:
      if (const auto id = one_of(a, [](const model_job& j) { return j.ended_as == job_state::failed; })) {
        ask(retry_call{*id, {}}); // an operator brings it back: it takes no key, but it may still have it
        settle();
        jobs[*id].live = true;
        jobs[*id].ended_as = {};
      }
      break;
    case 10:
      pass(std::chrono::milliseconds{1 + 40 * int{a}});
      break;
    default: // the worker is lost, and another one comes
      leave(worker_);
      for (auto& [id, j] : jobs) {
        j.begun = j.begun || j.given; // nobody knows better
        j.given = false;
      }
      worker_ = join("w1", worker_slots);
    }
    look();
    compare();
  }

private:
  static job_spec spec_by(uint8_t a, uint8_t b, uint8_t c) {
    job_builder s;
    s.retries(1);
    if (c % 4 == 0)
      s.schedule_at(noon + std::chrono::seconds{c}); // comes to rest first
    auto spec = s.spec();
    if (a % 8 != 0)
      spec.unique = rule_by(a, b, c);
    return spec;
  }
  static unique_rule rule_by(uint8_t a, uint8_t b, uint8_t c) {
    unique_rule u{"k" + std::to_string(a % 3), static_cast<unique_scope>(b % 4),
                  std::chrono::milliseconds{100 + 20 * int{c}}, static_cast<on_unique_conflict>(b / 4 % 4)};
    if (u.scope == unique_scope::running)
      u.conflict = on_unique_conflict::reject;
    if (u.conflict != on_unique_conflict::debounce)
      return u;
    u.scope = unique_scope::queued;
    u.quiet = std::exchange(u.window, duration{0});
    u.quiet_max = c % 3 == 0 ? duration{0} : u.quiet * (c % 3);
    return u;
  }

  template <class Which>
  std::optional<job_id> one_of(uint8_t n, Which&& which) const {
    std::vector<job_id> some;
    for (const auto& [id, j] : jobs)
      if (which(j))
        some.push_back(id);
    return some.empty() ? std::nullopt : std::optional{some[n % some.size()]};
  }

  std::vector<expected> judged(const std::vector<job_spec>& specs) const {
    return judge(specs, now.wall);
  }

  void submit_all(const std::vector<job_spec>& specs, bool atomic) {
    const auto wanted = judged(specs);
    submit_request r;
    r.jobs = specs;
    r.atomic = atomic;
    const auto got = send(std::move(r));
    settle();
    RC_ASSERT(got->has_value());
    RC_ASSERT(static_cast<bool>(**got));
    const bool none = atomic && std::any_of(wanted.begin(), wanted.end(),
                                            [](const auto& e) { return e.is == expected::answer::refused; });
    std::vector<job_id> ids;
    for (size_t i = 0; i < specs.size(); ++i)
      ids.push_back(none ? job_id{} : check(specs[i], wanted[i], (***got)[i], ids));
    for (size_t i = 0; none && i < specs.size(); ++i)
      RC_ASSERT(!(***got)[i]);
  }

  /// Compares an answer with what it is to be, and does the same to the model.
  job_id check(const job_spec& s, const expected& e, const result<submit_answer>& got, const std::vector<job_id>& ids) {
    if (e.is == expected::answer::refused) {
      RC_ASSERT(!got);
      RC_ASSERT(got.err().code == ec::unique_conflict);
      RC_ASSERT(got.err().field == "unique");
      RC_ASSERT(!e.names_one || got.err().message.find(to_string(e.owner)) != std::string::npos);
      return {};
    }
    RC_ASSERT(static_cast<bool>(got));
    RC_ASSERT(got->duplicate == (e.is == expected::answer::known || e.is == expected::answer::twin));
    if (e.is == expected::answer::known)
      RC_ASSERT(got->id == e.owner);
    if (e.is == expected::answer::twin)
      RC_ASSERT(got->id == ids.at(e.twin_of));
    if (e.is == expected::answer::fresh)
      accept(got->id, s, e);
    return got->id;
  }

  void accept(job_id id, const job_spec& s, const expected& e) {
    RC_ASSERT(jobs.count(id) == 0u);
    auto& j = jobs[id];
    j.accepted = now.wall;
    if (e.replaces) {
      auto& former = jobs.at(e.owner);
      former.live = false;
      former.is_replaced = true;
      former.ended_as = job_state::cancelled;
      // There is never none of them, and never both: one write has the two.
      const auto both = std::find_if(written.begin(), written.end(), [&](const auto& part) {
        return std::find(part.begin(), part.end(), id) != part.end();
      });
      RC_ASSERT(both != written.end());
      RC_ASSERT(std::find(both->begin(), both->end(), e.owner) != both->end());
    }
    if (!s.unique)
      return;
    j.rule = *s.unique;
    if (s.unique->scope == unique_scope::running)
      return;
    holders[s.unique->key] = id;
    if (s.unique->conflict == on_unique_conflict::debounce)
      put_off(id, e.replaces ? &jobs.at(e.owner) : nullptr);
  }

  /// By the sentence of docs/scheduling.md.
  void put_off(job_id id, const model_job* former) {
    auto& j = jobs.at(id);
    const bool chained = former && former->rule.conflict == on_unique_conflict::debounce;
    j.first = chained ? former->first : now.wall;
    j.due = now.wall + j.rule.quiet;
    if (j.rule.quiet_max > duration{0})
      j.due = std::max(now.wall, std::min(j.due, j.first + j.rule.quiet_max));
    const auto& spec = disk.at(id).spec;
    RC_ASSERT(spec.schedule_at == j.due);
    RC_ASSERT(spec.unique->since.value_or(now.wall) == j.first);
  }

  void refused_by_disk(const answers& got, const expected& e) {
    settle();
    RC_ASSERT(got->has_value());
    if (e.is != expected::answer::fresh)
      return; // nothing is written for it
    const bool failed = !**got || !(***got)[0];
    RC_ASSERT(failed);
    const auto& why = !**got ? (**got).err() : (***got)[0].err();
    RC_ASSERT(why.code == ec::storage_unavailable);
  }

  /// Two come while the disk is slow: the second is judged when it is known what became of the first.
  void race(const job_spec& first, const job_spec& second, bool first_fails) {
    disk_held = true;
    const auto wanted = judged({first}).front();
    const auto one = send(first), two = send(second);
    settle();
    disk_held = false;
    disk_full = first_fails;
    run_disk();
    disk_full = false;
    const bool lost = first_fails && wanted.is == expected::answer::fresh;
    // Unless it had to wait for the first, it was in the same write.
    const bool waited =
      wanted.is == expected::answer::fresh && meets(first) && meets(second) && first.unique->key == second.unique->key;
    settle();
    RC_ASSERT(one->has_value());
    RC_ASSERT(two->has_value());
    if (lost)
      refused_by_disk(one, wanted);
    else
      check(first, wanted, (***one)[0], {});
    look();
    const auto then = judged({second}).front();
    if (first_fails && !waited && then.is == expected::answer::fresh)
      return refused_by_disk(two, then);
    check(second, then, (***two)[0], {});
  }

  void finish(job_id id, uint8_t how) {
    auto& j = jobs[id];
    attempt_outcome o;
    o.kind = how % 4 == 0   ? outcome_kind::failed_retryable
             : how % 4 == 1 ? outcome_kind::failed_final
             : how % 4 == 2 ? outcome_kind::returned
                            : outcome_kind::succeeded;
    if (how % 5 == 0 && o.kind != outcome_kind::returned) { // its write fails once, and the worker reports it again
      disk_full = true;
      end(worker_, id, o);
      disk_full = false;
      RC_ASSERT(live(id) != nullptr);
    }
    const auto fence = order_of(worker_, id)->fence;
    end(worker_, id, o);
    j.given = false;
    j.closed = fence;
    j.begun = j.begun || o.kind != outcome_kind::returned;
    const auto state = disk.at(id).state;
    if (o.kind == outcome_kind::succeeded)
      RC_ASSERT(state == job_state::completed);
    if (o.kind == outcome_kind::failed_final)
      RC_ASSERT(state == job_state::failed);
    if (o.kind == outcome_kind::succeeded || state == job_state::failed) {
      j.live = false;
      j.ended_as = state;
    }
  }

  void cancel(job_id id, bool not_written) {
    auto& j = jobs[id];
    if (not_written) {
      disk_full = true;
      ask(cancel_call{id, "", {}});
      settle();
      disk_full = false;
      RC_ASSERT(live(id) != nullptr);
      return settle();
    }
    ask(cancel_call{id, "", {}});
    settle();
    if (j.given) {
      j.closed = order_of(worker_, id)->fence;
      end(worker_, id, {.kind = outcome_kind::cancelled});
    }
    j.given = j.live = false;
    j.ended_as = job_state::cancelled;
  }

  /// What the worker was told, and who was lost too often: a client sees both, and neither has to do with keys.
  void look() {
    for (auto& [id, j] : jobs) {
      const auto* o = j.live ? order_of(worker_, id) : nullptr;
      j.given = o && o->fence != j.closed;
      RC_ASSERT(!j.given || now.wall >= j.due); // a debounce has its time, and nobody else one here
      if (j.live && disk.at(id).state == job_state::failed && disk.at(id).error->code == "WORKER_LOST_LIMIT") {
        j.live = j.given = false;
        j.ended_as = job_state::failed;
      }
    }
  }

  void compare() const {
    for (const auto& [id, j] : jobs) {
      RC_ASSERT((live(id) != nullptr) == j.live);
      const auto& rec = disk.at(id);
      RC_ASSERT(is_terminal(rec.state) == !j.live);
      if (!j.live)
        RC_ASSERT(rec.state == j.ended_as);
      RC_ASSERT((rec.error && rec.error->code == job_error_code::replaced) == j.is_replaced);
    }
    RC_ASSERT(disk.size() == jobs.size()); // nothing else was accepted
    compare_turns();
    for (const auto& [key, id] : holders)
      RC_ASSERT(keys.at(unique_key_name(key)) == id);
  }

  /// Of those that are unique while they run one is with a worker, and one is if there is room.
  void compare_turns() const {
    std::map<std::string, size_t> given;
    size_t all_given = 0;
    for (const auto& [id, j] : jobs) {
      all_given += j.given;
      if (j.given && j.rule.scope == unique_scope::running)
        RC_ASSERT(++given[j.rule.key] == 1u);
    }
    for (const auto& [id, j] : jobs)
      if (all_given < worker_slots && j.live && live(id)->has(job_flag::ready))
        RC_ASSERT(j.rule.scope == unique_scope::running && given.count(j.rule.key) == 1);
  }

  static constexpr size_t worker_slots = 2;
  worker_id worker_;
};

} // namespace

TEST_CASE("unique jobs: any submits, ends, losses and failed writes are answered as the rule says",
          "[scheduler][unique]") {
  CHECK(rc::check("a map from each key to its holder", [](const std::vector<unique_world::op>& ops) {
    unique_world world;
    for (const auto& x : ops)
      world.play(x);
  }));
}
