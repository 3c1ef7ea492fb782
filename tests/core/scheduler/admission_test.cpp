#include "core/scheduler/admission.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace callboard;
using callboard::test::job_builder;
using callboard::test::noon;
using namespace std::chrono_literals;

namespace {

const error full{ec::storage_unavailable, "no space left on device"};

job_spec plain() {
  return job_builder{}.spec();
}
job_spec keyed(std::string key, std::string payload = "{}") {
  return job_builder{}.key(std::move(key)).payload(std::move(payload)).spec();
}
job_spec after(job_id dep) {
  return job_builder{}.after(dep).spec();
}

/// Admission with an index, a store that is a list of records, and answers that are collected by request.
struct desk_for_submits {
  moment now{noon, steady_point{1000h}};
  job_index index{duration{0}};
  std::set<job_id> ending;
  std::vector<job_record> store;
  std::map<uint64_t, result<submit_answers>> answers;
  limit_book limits;
  admission requests{100, index, limits}; // the first to go: what it has not answered is answered then

  uint64_t open(std::vector<job_spec> jobs, bool atomic = false, std::vector<batch_dependency> inner = {}) {
    submit_call c;
    c.request = std::make_shared<submit_request>();
    *c.request = {std::move(jobs), std::move(inner), atomic};
    const auto number = ++last_;
    c.reply =
      answer<submit_answers>{[this, number](result<submit_answers> x) { answers.emplace(number, std::move(x)); }};
    CHECK(requests.open(std::move(c), now) == number);
    return number;
  }
  read_answer read(const read_request& ask) const {
    read_answer out;
    for (const auto& rec : store) {
      const bool by_key = std::count(ask.keys.begin(), ask.keys.end(), rec.spec.idempotency_key) > 0;
      if (by_key)
        out.keys.emplace_back(rec.spec.idempotency_key, rec.id);
      if (by_key || std::count(ask.jobs.begin(), ask.jobs.end(), rec.id) > 0)
        out.jobs.push_back(rec);
    }
    return out;
  }
  admission::decision decide(uint64_t request, const read_answer* known) {
    auto d = requests.decide(
      request, known,
      {now, [this](job_id id) { return ending.count(id) == 1; }, [this](uint8_t) { return now.wall + 5s; }});
    requests.sanity_check();
    index.sanity_check();
    return d;
  }
  /// Asks what is to be asked, and decides.
  admission::decision look(uint64_t request) {
    const auto ask = requests.questions(request);
    if (ask.keys.empty() && ask.jobs.empty())
      return decide(request, nullptr);
    const auto known = read(ask);
    auto d = decide(request, &known);
    requests.answered(request);
    return d;
  }
  static job_note note_of(const admission::creation& c) {
    job_note n;
    n.job = c.job->id;
    n.after = !c.never ? job_state::queued : job_state::cancelled;
    n.level = c.job->spec.level;
    n.priority = c.job->spec.priority;
    n.created_at = noon;
    return n;
  }
  /// It is on the disk.
  std::vector<uint64_t> born(const admission::creation& c) {
    auto rec = job_builder{}
                 .id(c.job->id)
                 .key(c.job->spec.idempotency_key)
                 .payload(std::string{c.job->spec.payload.view()})
                 .level(c.job->spec.level)
                 .created();
    store.push_back(rec);
    const auto n = note_of(c);
    auto b = requests.born(n, now);
    REQUIRE(b);
    if (is_terminal(n.after))
      index.release(b->cls);
    else
      index.insert(n, b->cls, {}, now);
    requests.sanity_check();
    return b->look_at;
  }
  job_id live() {
    const auto d = look(open({plain()}));
    born(d.create.at(0));
    return d.create.at(0).job->id;
  }
  bool nothing_left() const {
    return requests.unborn() == 0 && requests.open_requests() == 0;
  }

private:
  uint64_t last_ = 0;
};

} // namespace

TEST_CASE_METHOD(desk_for_submits, "admission: a plain job needs no read, and is answered when it is born",
                 "[admission]") {
  const auto r = open({plain()});
  const auto ask = requests.questions(r);
  CHECK(ask.keys.empty());
  CHECK(ask.jobs.empty());
  const auto d = decide(r, nullptr);
  REQUIRE(d.create.size() == 1);
  CHECK(d.id_bound); // the first
  CHECK(requests.has_unborn(d.create[0].job->id));
  CHECK(answers.empty());
  born(d.create[0]);
  const auto& a = answers.at(r)->front();
  CHECK(a->id == d.create[0].job->id);
  CHECK(a->created_at == noon);
  CHECK(a->estimated_execution == noon + 5s);
  CHECK_FALSE(a->duplicate);
  CHECK(nothing_left());
  CHECK_FALSE(requests.born(note_of(d.create[0]), now)); // once
}

TEST_CASE_METHOD(desk_for_submits, "admission: a batch is answered as a whole, item by item", "[admission]") {
  const auto r = open({plain(), after(job_id{77}), plain()});
  const auto d = look(r);
  REQUIRE(d.create.size() == 2);
  CHECK(d.refused == 1);
  born(d.create[1]);
  CHECK(answers.empty());
  requests.stillborn(d.create[0].job->id, full, now);
  const auto& a = *answers.at(r);
  CHECK(a[0].err().code == ec::storage_unavailable);
  CHECK(a[1].err().code == ec::unknown_dependency);
  CHECK(a[1].err().field == "dependencies[0]");
  CHECK(a[2]->id == d.create[1].job->id);
  CHECK(nothing_left());
}

TEST_CASE_METHOD(desk_for_submits, "admission: of an atomic batch all or nothing, and nothing of it is kept",
                 "[admission]") {
  auto other = job_builder{}.queue("other").type("exec").spec();
  const auto r = open({other, after(job_id{77})}, true);
  const auto d = look(r);
  CHECK(d.create.empty());
  CHECK(d.refused == 2);
  CHECK((*answers.at(r))[0].err().code == ec::invalid_state);
  CHECK((*answers.at(r))[1].err().code == ec::unknown_dependency);
  CHECK(index.shapes().size() == 0);
  CHECK(nothing_left());
}

TEST_CASE_METHOD(desk_for_submits, "admission: the limit counts what is being written and what is ahead in the batch",
                 "[admission]") {
  const auto first = look(open(std::vector<job_spec>(98, plain())));
  REQUIRE(first.create.size() == 98);
  born(first.create[0]);
  const auto r = open({plain(), plain(), plain()});
  const auto d = look(r);
  CHECK(d.create.size() == 2);
  CHECK(d.refused == 1);
  const auto all = open({plain()}, true);
  CHECK(look(all).create.empty());
  CHECK((*answers.at(all))[0].err().code == ec::queue_full);
}

TEST_CASE_METHOD(desk_for_submits, "admission: a key names its job, and only with the same content", "[admission]") {
  const auto first = look(open({keyed("k")}));
  born(first.create.at(0));
  const auto same = open({keyed("k")}), other = open({keyed("k", "[]")}),
             type = open({job_builder{}.type("x").key("k").spec()});
  CHECK(look(same).duplicates == 1);
  look(other);
  look(type);
  CHECK((*answers.at(same))[0]->id == first.create[0].job->id);
  CHECK((*answers.at(same))[0]->duplicate);
  CHECK((*answers.at(other))[0].err().code == ec::idempotency_conflict);
  CHECK((*answers.at(type))[0].err().code == ec::idempotency_conflict);
  CHECK(nothing_left());
}

TEST_CASE_METHOD(desk_for_submits, "admission: who has the key of a job that is being written waits for it",
                 "[admission]") {
  const auto first = look(open({keyed("k")}));
  const auto second = open({plain(), keyed("k")}, true);
  CHECK(look(second).create.empty());
  CHECK(answers.empty());
  SECTION("and is its duplicate") {
    CHECK(born(first.create[0]) == std::vector{second});
    CHECK(look(second).create.size() == 1);
  }
  SECTION("or has the key when that one cannot be written") {
    CHECK(requests.stillborn(first.create[0].job->id, full, now) == std::vector{second});
    CHECK(look(second).create.size() == 2);
  }
}

TEST_CASE_METHOD(desk_for_submits, "admission: a read that crosses a commit finds the key, with the owner's answer",
                 "[admission]") {
  auto s = keyed("k");
  s.level = durability::os;
  s.priority = 8;
  const auto first = look(open({s}));
  const auto second = open({keyed("k")}), other = open({keyed("k", "[]")});
  const auto ask = requests.questions(second);
  requests.questions(other);
  const auto stale = read(ask); // before the commit
  born(first.create[0]);
  CHECK(requests.keys_remembered() == 1);
  const auto d = decide(second, &stale);
  CHECK(d.create.empty());
  const auto& a = (*answers.at(second))[0];
  CHECK(a->id == first.create[0].job->id);
  CHECK(a->duplicate);
  CHECK(a->level == durability::os);
  CHECK(a->priority == 8);
  CHECK(a->created_at == noon);
  CHECK(a->estimated_execution == noon + 5s);
  decide(other, &stale);
  CHECK((*answers.at(other))[0].err().code == ec::idempotency_conflict);
  requests.answered(second);
  CHECK(requests.keys_remembered() == 1); // the other read may have missed it as well
  requests.answered(other);
  CHECK(requests.keys_remembered() == 0);
}

TEST_CASE_METHOD(desk_for_submits, "admission: keys are remembered for the reads that are under way, not for ever",
                 "[admission]") {
  // One read is always under way: each ends only after the next has begun.
  auto pending = open({keyed("0")});
  requests.questions(pending);
  size_t most = 0;
  for (int i = 1; i < 1000; ++i) {
    const auto next = open({keyed(std::to_string(i))});
    requests.questions(next);
    const read_answer nothing;
    const auto d = decide(pending, &nothing);
    born(d.create.at(0));
    std::vector<job_id> to_arm;
    index.finish({d.create[0].job->id, job_ending::completed, true}, now, to_arm);
    requests.answered(pending);
    pending = next;
    most = std::max(most, requests.keys_remembered());
  }
  CHECK(most <= 2);
}

TEST_CASE_METHOD(desk_for_submits, "admission: one key twice in a request is one job", "[admission]") {
  const bool atomic = GENERATE(true, false);
  const auto r = open({keyed("k"), keyed("k"), keyed("k", "[]")}, atomic);
  const auto d = look(r);
  if (atomic) {
    CHECK(d.create.empty());
    CHECK(d.refused == 3);
    return;
  }
  REQUIRE(d.create.size() == 1);
  born(d.create[0]);
  const auto& a = *answers.at(r);
  CHECK(a[0]->id == a[1]->id);
  CHECK(a[1]->duplicate);
  CHECK(a[2].err().code == ec::idempotency_conflict);
}

TEST_CASE_METHOD(desk_for_submits, "admission: a key whose first user in a request is refused is still its owner's",
                 "[admission]") {
  const auto first = look(open({keyed("k")}));
  const auto owner = first.create[0].job->id;
  born(first.create[0]);
  const auto r = open({keyed("k", "[]"), keyed("k")});
  CHECK(look(r).create.empty());
  const auto& a = *answers.at(r);
  CHECK(a[0].err().code == ec::idempotency_conflict);
  REQUIRE(a[1]);
  CHECK(a[1]->id == owner);
  CHECK(a[1]->duplicate);
}

TEST_CASE_METHOD(desk_for_submits, "admission: jobs of a batch depend on those they name, duplicates too",
                 "[admission]") {
  const auto first = look(open({keyed("k")}));
  const auto owner = first.create[0].job->id;
  born(first.create[0]);
  const auto r = open({plain(), keyed("k"), plain()}, false, {{0, 1}, {0, 2}});
  const auto d = look(r);
  CHECK(d.atomic); // because of the references
  REQUIRE(d.create.size() == 2);
  // In topological order: what others wait for is older.
  CHECK(d.create[0].job->id < d.create[1].job->id);
  CHECK(d.create[1].job->spec.dependencies == std::vector<dependency>{owner, d.create[0].job->id});
  CHECK(requests.unborn_dependants(owner).at(0).job == d.create[1].job->id);
}

TEST_CASE_METHOD(desk_for_submits, "admission: a job that outlives a restart does not wait for one that does not (P4)",
                 "[admission]") {
  const auto forgotten = [](job_builder b) { return b.level(durability::memory).spec(); };
  const auto first = look(open({forgotten(job_builder{}.key("k"))}));
  const auto dep = first.create.at(0).job->id;
  born(first.create[0]);
  for (auto level : {durability::fsync, durability::os}) {
    const auto r = open({job_builder{}.after(dep).level(level).spec()});
    CHECK(look(r).create.empty());
    CHECK((*answers.at(r))[0].err().code == ec::invalid_value);
    CHECK((*answers.at(r))[0].err().field == "dependencies[0]");
  }
  CHECK(look(open({forgotten(job_builder{}.after(dep))})).create.size() == 1);
  // In a batch, too: whether the other is new, or exists under its key.
  CHECK(look(open({forgotten(job_builder{}), plain()}, false, {{1, 0}})).create.empty());
  CHECK(look(open({forgotten(job_builder{}), forgotten(job_builder{})}, false, {{1, 0}})).create.size() == 2);
  CHECK(look(open({plain(), forgotten(job_builder{})}, false, {{1, 0}})).create.size() == 2);
  CHECK(look(open({keyed("k"), plain()}, false, {{1, 0}})).create.empty());
}

TEST_CASE_METHOD(desk_for_submits, "admission: a dependency that may be ending is waited for", "[admission]") {
  const auto dep = live();
  ending.insert(dep);
  const auto r = open({after(dep)});
  CHECK(look(r).create.empty());
  CHECK(answers.size() == 1);
  CHECK(requests.settled(dep) == std::vector{r});
  CHECK(requests.settled(dep).empty()); // told once
  ending.clear();
  CHECK(look(r).create.size() == 1);
}

TEST_CASE_METHOD(desk_for_submits, "admission: a finished dependency is asked for, and counts as its end says",
                 "[admission]") {
  const auto completed = job_builder{1}.completed(), failed = job_builder{2}.failed();
  store = {completed, failed};
  const auto good = look(open({after(completed.id)}));
  CHECK_FALSE(good.create.at(0).never);
  const auto bad = look(open({after(failed.id)}));
  CHECK(bad.create.at(0).never.reason == to_string(failed.id) + " did not complete");
  born(bad.create[0]);
  CHECK(index.table().size() == 0);
}

TEST_CASE_METHOD(desk_for_submits, "admission: a read that is out of date is repeated, and takes nothing",
                 "[admission]") {
  const auto dep = job_builder{1}.running("w1", 1);
  store = {dep}; // the read was answered, and then it ended
  const auto r = open({job_builder{}.queue("other").spec(), after(dep.id)});
  CHECK(look(r).look_again);
  CHECK(index.shapes().size() == 0);
  CHECK(requests.is_open(r));
  store = {job_builder{1}.completed()};
  CHECK(look(r).create.size() == 2);
}

TEST_CASE_METHOD(desk_for_submits, "admission: a store that cannot be read refuses the request", "[admission]") {
  const auto r = open({keyed("k")});
  requests.questions(r);
  read_answer none;
  none.failed = full;
  CHECK(decide(r, &none).create.empty());
  CHECK(answers.at(r).err().code == ec::storage_unavailable);
  CHECK(nothing_left());
}

TEST_CASE_METHOD(desk_for_submits, "admission: at the end all are refused but for those that are being written",
                 "[admission]") {
  const auto writing = open({keyed("k")});
  const auto d = look(writing);
  const auto waits = open({keyed("k")}), unread = open({keyed("j")});
  look(waits);
  requests.questions(unread);
  requests.refuse_all(full);
  CHECK_FALSE(answers.at(waits));
  CHECK_FALSE(answers.at(unread));
  CHECK(answers.count(writing) == 0);
  const read_answer nothing;
  CHECK(decide(unread, &nothing).create.empty()); // its read comes too late
  requests.answered(unread);
  CHECK(born(d.create[0]).empty());
  CHECK(answers.at(writing));
  CHECK(nothing_left());
}

TEST_CASE_METHOD(desk_for_submits, "admission: an empty batch is answered at once", "[admission]") {
  const auto r = open({});
  look(r);
  CHECK(answers.at(r)->empty());
}
