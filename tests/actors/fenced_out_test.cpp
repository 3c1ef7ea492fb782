#include "actors/root.hpp"
#include "actors/runtime/cluster_tls.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <unistd.h>

#include <filesystem>
#include <future>

#include "job_types/type_catalog.hpp"

using namespace callboard;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Another scheduler opens the store.
void take_over(test_disk& disk, uint64_t boot) {
  write_batch b;
  b.writer_epoch = boot;
  b.meta.emplace_back("boot", std::to_string(boot));
  REQUIRE(disk.inner->append(b));
}

bool is_over(caf::actor_system& sys, const store_keeper_actor& keeper) {
  caf::scoped_actor watcher{sys};
  watcher->monitor(keeper);
  return watcher->has_next_message(); // a DOWN of the dead comes at once
}

} // namespace

TEST_CASE_METHOD(scheduler_fixture, "a store keeper whose store has a later writer ends, and does not write again") {
  start();
  REQUIRE_FALSE(is_over(sys, keeper));
  take_over(*disk, 7);
  auto accepted = std::make_shared<bool>(false);
  submit_call c;
  c.request = std::make_shared<submit_request>();
  c.request->jobs.push_back(spec());
  c.reply = answer<submit_answers>{[accepted](const result<submit_answers>& x) { *accepted = bool{x}; }};
  caf::anon_send(manager, std::move(c));
  settle();
  CHECK_FALSE(*accepted);
  CHECK(is_over(sys, keeper));
  CHECK(disk->inner->counts().live == 0);
  advance(10min);
  CHECK(*disk->inner->meta("boot") == "7");
}

TEST_CASE_METHOD(scheduler_fixture, "a store keeper whose store has a later writer ends, and does not remove jobs") {
  config->store.retain_count = 0;
  start();
  auto& n = add_node("w1");
  end(n, submit());
  REQUIRE(disk->inner->counts().completed == 1);
  take_over(*disk, 7);
  advance(config->store.retain_every);
  CHECK(is_over(sys, keeper));
  CHECK(disk->inner->counts().completed == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "a restarted queue manager does not take the store back from another scheduler") {
  start();
  take_over(*disk, 7);
  caf::scoped_actor client{sys};
  client->send(keeper, start_atom{});
  settle();
  CHECK(is_over(sys, keeper));
  CHECK(*disk->inner->meta("boot") == "7");
}

TEST_CASE("a scheduler that was fenced out ends with a code of its own") {
  const auto directory = fs::temp_directory_path() / ("callboard-fenced-" + std::to_string(::getpid()));
  fs::remove_all(directory);
  REQUIRE(ensure_cluster_tls((directory / "tls").string()));
  const auto tls = tls_files_in((directory / "tls").string());
  auto disk = std::make_shared<test_disk>();
  auto slot = std::make_shared<gateway_slot>();
  std::promise<int> over;
  auto code = over.get_future();
  std::atomic<bool> intake_stopped{false};
  {
    system_config config{1, &tls};
    caf::actor_system sys{config};
    root_options o;
    auto s = std::make_shared<settings>();
    s->workers.count = 0;
    o.config = s;
    o.open_store = [disk]() -> result<std::unique_ptr<store>> {
      return std::unique_ptr<store>{std::make_unique<faulty_store>(disk)};
    };
    o.gateway = slot;
    o.endpoint = std::make_shared<cluster_endpoint>();
    o.types = std::make_shared<type_catalog>(type_catalog::limits{s->jobs.types_max, s->jobs.schema_bytes_max});
    o.process_file = (directory / "workers.pids").string();
    o.over = [&over](int c) { over.set_value(c); };
    o.stop_intake = [&intake_stopped] { intake_stopped = true; };
    auto tree = sys.spawn(root, std::move(o));
    caf::scoped_actor self{sys};
    self->request(tree, 30s, start_atom{}).receive([](caf::ok_atom) {}, [](const caf::error&) { FAIL("no start"); });
    take_over(*disk, 7);
    submit_call c;
    c.request = std::make_shared<submit_request>();
    c.request->jobs.push_back(scheduler_fixture::spec());
    std::promise<bool> accepted;
    auto answer_of = accepted.get_future();
    c.reply = answer<submit_answers>{[&accepted](const result<submit_answers>& x) { accepted.set_value(bool{x}); }};
    caf::anon_send(slot->get(), api_call{std::move(c)});
    REQUIRE(answer_of.wait_for(30s) == std::future_status::ready);
    CHECK_FALSE(answer_of.get());
    REQUIRE(code.wait_for(30s) == std::future_status::ready);
    CHECK(code.get() == exit_fenced_out);
    CHECK(intake_stopped);
  }
  CHECK(*disk->inner->meta("boot") == "7");
  fs::remove_all(directory);
}
