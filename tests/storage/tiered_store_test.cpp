#include "tests/storage/store_fixture.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

job_record in_memory(int64_t n) {
  auto rec = small_record(id_at(n));
  rec.spec.level = durability::memory;
  return rec;
}

/// Two stores in memory whose parts can be looked at from outside.
struct tiers {
  store* durable;
  store* volatile_jobs;
  std::unique_ptr<store> both;
  tiers() {
    auto d = make_memory_store();
    auto v = make_memory_store();
    durable = d.get();
    volatile_jobs = v.get();
    both = make_tiered_store(std::move(d), std::move(v));
  }
};

} // namespace

TEST_CASE("jobs go where their durability says, facts to the durable side", "[tiered]") {
  tiers t;
  auto os = small_record(id_at(2));
  os.spec.level = durability::os;
  auto b = batch_of({first_version(small_record(id_at(1))), first_version(os), first_version(in_memory(3))});
  b.meta = {{"boot", "1"}};
  must(t.both->append(b));
  CHECK(live_ids(*t.durable) == std::vector{id_at(1), id_at(2)});
  CHECK(live_ids(*t.volatile_jobs) == std::vector{id_at(3)});
  CHECK(must(t.durable->meta("boot")) == "1");
  CHECK_FALSE(must(t.volatile_jobs->meta("boot")));
  CHECK(must(t.both->meta("boot")) == "1");
  CHECK(t.both->counts().live == 3);
}

TEST_CASE("live jobs of both sides come in id order", "[tiered]") {
  tiers t;
  append(*t.both, {first_version(in_memory(1)), first_version(small_record(id_at(2))), first_version(in_memory(3)),
                   first_version(small_record(id_at(4))), first_version(in_memory(5))});
  CHECK(live_ids(*t.both) == std::vector{id_at(1), id_at(2), id_at(3), id_at(4), id_at(5)});
  for (size_t stop_after = 1; stop_after <= 5; ++stop_after) {
    size_t seen = 0;
    must(t.both->for_each_live(job_id{}, [&](job_id, std::string_view) { return ++seen < stop_after; }));
    CHECK(seen == stop_after);
  }
  const auto found = must(t.both->load({id_at(5), id_at(4), id_at(8), id_at(1)}));
  CHECK(ids_of(found) == std::vector{id_at(5), id_at(4), id_at(1)});
}

TEST_CASE("keys are found on both sides", "[tiered]") {
  tiers t;
  auto a = small_record(id_at(1));
  a.spec.idempotency_key = "on disk";
  auto b = in_memory(2);
  b.spec.idempotency_key = "in memory";
  append(*t.both, {first_version(a), first_version(b)});
  CHECK(must(t.both->find_key("on disk")) == id_at(1));
  CHECK(must(t.both->find_key("in memory")) == id_at(2));
}

TEST_CASE("of a unique key that both sides know the later job has it", "[tiered]") {
  tiers t;
  const auto name = unique_key_name("k");
  auto a = small_record(id_at(1)), c = small_record(id_at(3));
  auto b = in_memory(2);
  a.spec.unique = b.spec.unique = c.spec.unique = unique_rule{"k", unique_scope::unfinished, duration{0}, {}};
  for (auto* rec : {&a, &b, &c}) {
    append(*t.both, {first_version(*rec)});
    CHECK(must(t.both->find_key(name)) == rec->id);
  }
}

TEST_CASE("when the durable side refuses, the other side is not touched", "[tiered]") {
  tiers t;
  append(*t.durable, {first_version(small_record(id_at(1)))}, 7);
  const auto r = t.both->append(batch_of({first_version(in_memory(3)), first_version(small_record(id_at(2)))}, 6));
  REQUIRE_FALSE(r);
  CHECK(r.err().code == ec::wrong_version);
  CHECK(live_ids(*t.volatile_jobs).empty());
}

TEST_CASE("jobs in memory leave nothing on the disk", "[tiered]") {
  temp_directory dir;
  {
    const auto s = make_store(kind::tiered, dir);
    auto rec = in_memory(1);
    append(*s, {first_version(rec, "secret payload")});
    append(*s, {later_version(rec, job_state::completed)});
    append(*s, {first_version(in_memory(2)), first_version(small_record(id_at(3)))});
  }
  const auto again = make_store(kind::tiered, dir);
  CHECK(live_ids(*again) == std::vector{id_at(3)});
  CHECK(numbers(again->counts()) == std::vector<uint64_t>{1, 0, 0, 0});
}

TEST_CASE("a backup holds the durable jobs, and memory alone cannot be backed up", "[tiered]") {
  temp_directory dir;
  const auto s = make_store(kind::tiered, dir);
  append(*s, {first_version(in_memory(2)), first_version(small_record(id_at(3)))});
  must(s->backup(dir / "copy"));
  CHECK(live_ids(*open_or_fail(dir / "copy")) == std::vector{id_at(3)});
  const auto r = make_memory_store()->backup(dir / "other");
  REQUIRE_FALSE(r);
  CHECK(r.err().code == ec::invalid_state);
}
