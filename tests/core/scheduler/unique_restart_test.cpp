// Unique keys after a restart, while workers of the former scheduler may still run what looks as if it waited.
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

job_spec replacing(on_unique_conflict conflict) {
  auto s = job_builder{}.spec();
  s.unique = unique_rule{"k", unique_scope::queued, duration{0}, conflict};
  s.unique->quiet = 1s;
  return s;
}

struct restarted_world : hand_world {
  restarted_world() {
    core.on_opened({2, job_id{100}, {{"w1", {}}}, {}, {}, {}, {}}, now);
    recovered_job f;
    f.id = former;
    f.type = "noop";
    f.queue = "default";
    core.on_recovered({f}, now);
    core.on_recovery_complete(now);
    job_record rec;
    rec.id = former;
    rec.spec = replacing(on_unique_conflict::reject);
    disk[former] = rec;
    keys[unique_key_name("k")] = former;
    end_turn();
  }
  result<submit_answer> try_to_replace(on_unique_conflict conflict) {
    auto got = send(replacing(conflict));
    settle();
    return (***got).at(0);
  }

  job_id former{5};
};

} // namespace

TEST_CASE_METHOD(restarted_world, "replace x restart: who may still run is not replaced before that is known",
                 "[scheduler][unique]") {
  const auto how = GENERATE(on_unique_conflict::replace, on_unique_conflict::debounce);
  const auto refused = try_to_replace(how);
  REQUIRE_FALSE(static_cast<bool>(refused));
  CHECK(refused.err().code == ec::starting);
  CHECK(refused.err().field == "unique");
  CHECK(live(former));

  SECTION("its worker came back without it") {
    join("w1", 0, false);
  }
  SECTION("its worker did not come back within its lease") {
    pass(plain_settings().lease + 1s);
  }
  CHECK(static_cast<bool>(try_to_replace(how)));
  CHECK(disk.at(former).error->code == job_error_code::replaced);
}

TEST_CASE_METHOD(restarted_world, "unique x restart: who may still run keeps others out", "[scheduler][unique]") {
  CHECK(try_to_replace(on_unique_conflict::reject).err().code == ec::unique_conflict);
  CHECK(try_to_replace(on_unique_conflict::existing)->id == former);
}
