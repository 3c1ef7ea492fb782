// Queues that shed against a model that knows no order, no index and no writes: a list of jobs, looked through each
// time.
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>
#include <tuple>
#include <vector>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct model_job {
  uint8_t priority = 0;
  int64_t bytes = 0;
  bool in_memory = false, of_workflow = false;
  bool live = true;
  bool given = false; ///< a worker has it, or had it
  std::vector<job_id> after;
};

class shed_model : public hand_world {
public:
  using op = std::tuple<uint8_t, uint8_t, uint8_t, uint8_t>;

  shed_model() {
    start();
    worker_ = join("w1", 1);
    set_rule(0, 0);
  }

  void play(const op& x) {
    const auto [what, a, b, c] = x;
    switch (what % 10) {
    case 0:
    case 1:
    case 2:
    case 3:
      submit_one(spec_by(a, b, c));
      break;
    case 4:
      fail_one(spec_by(a, b, c));
      break;
    case 5:
      if (const auto id = waiting_one(a)) {
        ask(cancel_call{*id, "", {}});
        settle();
        jobs[*id].live = false;
      }
      break;
    case 6:
      if (const auto id = waiting_one(a)) {
        job_patch p;
        p.priority = static_cast<uint8_t>(b % 10);
        if (c % 3 == 0)
          p.held = c % 2 == 0;
        ask(modify_call{*id, p, {}});
        settle();
        jobs[*id].priority = *p.priority;
      }
      break;
    case 7:
      end_one(b);
      break;
    case 8:
      set_rule(a, b);
      break;
    default:
      pass(std::chrono::seconds{a});
    }
    look();
    compare();
  }

private:
  job_spec spec_by(uint8_t a, uint8_t b, uint8_t c) {
    job_builder s;
    s.priority(a % 10).payload(std::string(1 + b % 20, 'x')).retries(0);
    if (c % 7 == 0)
      s.schedule_at(now.wall + std::chrono::seconds{b});
    if (c % 5 == 0)
      s.level(durability::memory);
    else if (const auto dep = waiting_one(c); dep && c % 3 == 0 && !jobs[*dep].in_memory)
      s.after(*dep);
    auto spec = s.spec();
    if (a % 11 == 0)
      spec.workflow = workflow_part{"wf", "w", "k", false};
    return spec;
  }

  void set_rule(uint8_t a, uint8_t b) {
    rule_ = {};
    rule_.waiting_max = a % 4 == 3 ? 0 : 2 + a % 5;
    rule_.waiting_bytes_max = b % 3 == 0 ? 0 : 20 + b % 50;
    rule_.sheds = a % 5 != 4 && (rule_.waiting_max != 0 || rule_.waiting_bytes_max != 0);
    if (b % 4 == 0)
      rule_.full_accepts_from = uint8_t{8};
    limit_call c;
    c.target = {limit_kind::queue, "default", {}};
    c.rule = rule_;
    ask_limit(std::move(c));
  }

  bool waits(job_id id) const {
    const auto* e = live(id);
    return e && (e->state == job_state::queued || e->state == job_state::scheduled);
  }
  std::optional<job_id> waiting_one(uint8_t n) const {
    std::vector<job_id> some;
    for (const auto& [id, j] : jobs)
      if (j.live && !j.given)
        some.push_back(id);
    return some.empty() ? std::nullopt : std::optional{some[n % some.size()]};
  }
  bool is_awaited(job_id id) const {
    return std::any_of(jobs.begin(), jobs.end(), [&](const auto& x) {
      return x.second.live && !x.second.given &&
             std::find(x.second.after.begin(), x.second.after.end(), id) != x.second.after.end();
    });
  }

  /// Who goes for the job; nothing: it is refused.
  std::optional<std::vector<job_id>> expected(const job_spec& s) const {
    int64_t n = 0, bytes = 0;
    for (const auto& [id, j] : jobs)
      if (j.live && waits(id)) {
        ++n;
        bytes += j.bytes;
      }
    const auto own = static_cast<int64_t>(s.payload.size());
    if (s.priority >= rule_.full_accepts_from.value_or(10))
      return std::vector<job_id>{};
    const auto jobs_max = static_cast<int64_t>(rule_.waiting_max),
               bytes_max = static_cast<int64_t>(rule_.waiting_bytes_max);
    bool by_jobs = jobs_max != 0 && n >= jobs_max;
    int64_t by_bytes = bytes_max == 0 ? 0 : std::max<int64_t>(0, std::min(own, bytes + own - bytes_max));
    if (!by_jobs && by_bytes == 0)
      return std::vector<job_id>{};
    if (!rule_.sheds || (bytes_max != 0 && own > bytes_max && by_bytes > 0))
      return std::nullopt;
    std::vector<job_id> out;
    std::set<job_id> gone(s.dependencies.empty() ? std::set<job_id>{} : std::set<job_id>{s.dependencies[0].job});
    while (by_jobs || by_bytes > 0) {
      std::optional<job_id> least;
      for (const auto& [id, j] : jobs) // the youngest last
        if (j.live && !j.given && waits(id) && !j.of_workflow && gone.count(id) == 0 && !is_awaited(id) &&
            j.priority < s.priority && (s.level != durability::memory || j.in_memory) &&
            (!least || j.priority <= jobs.at(*least).priority))
          least = id;
      if (!least || out.size() == 16)
        return std::nullopt;
      out.push_back(*least);
      gone.insert(*least);
      by_jobs = false;
      by_bytes -= jobs.at(*least).bytes;
    }
    return out;
  }

  void submit_one(const job_spec& s) {
    const auto wanted = expected(s);
    const auto got = send(job_spec{s});
    settle();
    RC_ASSERT(got->has_value());
    RC_ASSERT(static_cast<bool>(**got));
    const auto& x = (***got)[0];
    RC_ASSERT(static_cast<bool>(x) == wanted.has_value());
    if (!x) {
      RC_ASSERT(x.err().code == ec::queue_full);
      return;
    }
    for (const auto id : *wanted) {
      RC_ASSERT(disk.at(id).error.has_value());
      RC_ASSERT(disk.at(id).error->code == job_error_code::shed);
      RC_ASSERT(disk.at(id).error->message.find(to_string(x->id)) != std::string::npos);
      RC_ASSERT(std::any_of(written.begin(), written.end(), [&](const auto& part) {
        return std::count(part.begin(), part.end(), id) + std::count(part.begin(), part.end(), x->id) == 2;
      }));
      jobs[id].live = false;
    }
    model_job j;
    j.priority = s.priority;
    j.bytes = static_cast<int64_t>(s.payload.size());
    j.in_memory = s.level == durability::memory;
    j.of_workflow = s.workflow.has_value();
    for (const auto& d : s.dependencies)
      j.after.push_back(d.job);
    jobs[x->id] = j;
  }

  void fail_one(const job_spec& s) {
    const bool fresh = expected(s).has_value();
    disk_full = true;
    const auto got = send(job_spec{s});
    settle();
    disk_full = false;
    RC_ASSERT(got->has_value());
    const auto& why = !**got ? (**got).err() : (***got)[0].err();
    RC_ASSERT(why.code == (fresh ? ec::storage_unavailable : ec::queue_full));
    pass(2s); // what failed is tried again
  }

  void end_one(uint8_t how) {
    for (auto& [id, j] : jobs)
      if (j.live && j.given && order_of(worker_, id)) {
        begin(worker_, id);
        end(worker_, id, {.kind = how % 3 == 0 ? outcome_kind::failed_final : outcome_kind::succeeded});
        return;
      }
  }

  void look() {
    for (auto& [id, j] : jobs) {
      j.given = j.given || has(worker_, id);
      j.live = live(id) != nullptr;
    }
  }

  void compare() const {
    size_t shed = 0;
    for (const auto& [id, rec] : disk)
      if (rec.error && rec.error->code == job_error_code::shed) {
        ++shed;
        RC_ASSERT(!jobs.at(id).live);
        RC_ASSERT(!jobs.at(id).given);
        RC_ASSERT(rec.attempt == 0u);
      }
    RC_ASSERT(shed <= jobs.size());
  }

  std::map<job_id, model_job> jobs;
  limit_rule rule_;
  worker_id worker_;
};

} // namespace

TEST_CASE("queues that shed: any submits, changes, ends and failed writes shed whom the rule names",
          "[scheduler][shed]") {
  CHECK(rc::check("a list of jobs, looked through each time", [](const std::vector<shed_model::op>& ops) {
    shed_model world;
    for (const auto& x : ops)
      world.play(x);
  }));
}
