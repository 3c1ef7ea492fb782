#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

/// The catalog of a process that has just started.
std::shared_ptr<type_catalog> fresh_types() {
  auto types = std::make_shared<type_catalog>(type_catalog::limits{});
  REQUIRE(types->declare({"noop", "1", "does nothing", "{}"}));
  return types;
}

} // namespace

TEST_CASE_METHOD(scheduler_fixture, "what a worker said of its types is known after a restart") {
  types = fresh_types();
  start();
  REQUIRE(
    types->offer({{"noop", "1", "does nothing", "{}"}, {"thumbnail", "2", "", R"({"required":["file"]})"}}, false));
  add_node("w1", 1, {"noop", "thumbnail"});
  const auto written = disk->inner->meta_with_prefix("type/");
  REQUIRE(written);
  // What is declared by the program itself is not written down.
  REQUIRE(written->size() == 1);
  CHECK(written->front().first == "type/thumbnail");
  kill();
  types = fresh_types();
  start();
  CHECK_FALSE(types->validator()->check("thumbnail", "{}"));
  CHECK(types->validator()->check("thumbnail", R"({"file":1})"));

  SECTION("a later registration replaces it on the disk") {
    REQUIRE(types->offer({{"thumbnail", "3", "", R"({"required":["picture"]})"}}, false));
    add_node("w2", 1, {"thumbnail"});
    kill();
    types = fresh_types();
    start();
    CHECK(types->validator()->check("thumbnail", R"({"picture":1})"));
    CHECK_FALSE(types->validator()->check("thumbnail", R"({"file":1})"));
  }
  SECTION("a program that declares it needs no record any more") {
    kill();
    types = fresh_types();
    const type_description same{"thumbnail", "2", "", R"({"required":["file"]})"};
    REQUIRE(types->declare(same));
    start();
    REQUIRE(types->offer({same}, false));
    add_node("w3", 1, {"thumbnail"});
    CHECK(disk->inner->meta_with_prefix("type/")->empty());
  }
}

TEST_CASE_METHOD(scheduler_fixture, "a type that a full disk did not take is written when there is room") {
  types = fresh_types();
  start();
  disk->full = true;
  REQUIRE(types->offer({{"thumbnail", "1", "", ""}}, false));
  add_node("w1", 1, {"thumbnail"});
  CHECK(disk->inner->meta_with_prefix("type/")->empty());
  disk->full = false;
  advance(config->store.probe_every + 1s);
  CHECK(disk->inner->meta_with_prefix("type/")->size() == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "a damaged record of a type does not keep the scheduler from starting") {
  write_batch b;
  b.writer_epoch = 1;
  b.meta.emplace_back("type/thumbnail", "not a record");
  REQUIRE(disk->inner->append(b));
  types = fresh_types();
  start();
  CHECK_FALSE(types->validator()->knows("thumbnail"));
  CHECK(state(submit()) == job_state::queued);
  // The next worker that runs it sets it right.
  REQUIRE(types->offer({{"thumbnail", "1", "", ""}}, false));
  add_node("w1", 1, {"thumbnail"});
  kill();
  types = fresh_types();
  start();
  CHECK(types->validator()->knows("thumbnail"));
}
