#include "messages/convert.hpp"
#include "messages/error_category.hpp"
#include "messages/system_config.hpp"
#include "messages/type_ids.hpp"

#include <caf/all.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace callboard;

namespace {

struct system_fixture {
  system_config cfg{1};
  caf::actor_system sys{cfg};

  /// Through the bytes that go over the network: as a message, whose elements are looked up by their registered names.
  template <class T>
  T trip(const T& x) {
    std::vector<char> bytes;
    caf::binary_serializer out{sys, bytes};
    auto m = caf::make_message(x);
    REQUIRE_FALSE(out(m));
    caf::message back;
    caf::binary_deserializer in{sys, bytes};
    REQUIRE_FALSE(in(back));
    REQUIRE(back.match_elements<T>());
    seen.insert(caf::type_id<T>::value);
    return back.get_as<T>(0);
  }
  std::set<caf::type_id_t> seen;
};

attempt_ended ended() {
  attempt_ended x;
  x.job = 1;
  x.fence = 1ull << 40;
  x.kind = 3;
  x.code = "TIMEOUT";
  x.message = std::string("nul \0 inside", 12);
  x.result = R"({"ü":1})";
  x.snooze_us = -1;
  x.log = {"one", ""};
  x.started_at_us = 5;
  x.finished_at_us = INT64_MAX;
  return x;
}

} // namespace

TEST_CASE_METHOD(system_fixture, "every registered type comes back as it went") {
  const attempt_order order{1, 2, "noop", "{}", 3, 4};
  const auto o = trip(order);
  CHECK(std::tie(o.job, o.fence, o.type, o.payload, o.number, o.timeout_us) ==
        std::tie(order.job, order.fence, order.type, order.payload, order.number, order.timeout_us));
  const attempt_ref ref{7, UINT64_MAX};
  const auto all = trip(node_orders{{ref, {}}, {3, order}, {ref}});
  CHECK(all.acknowledged == std::vector<attempt_ref>{ref, {}});
  CHECK(all.run.size() == 3);
  CHECK(all.cancelled == std::vector<attempt_ref>{ref});

  worker_registration r;
  r.name = "w";
  r.boot_epoch = 9;
  r.pid = 10;
  r.host = "h";
  r.slots = 11;
  r.local = true;
  r.types = {"a", "b"};
  r.versions = {"1", "2.0"};
  r.summaries = {"first", ""};
  r.schemas = {R"({"type":"object"})", ""};
  r.again = true;
  r.held = {{1, 2, 3, 4}};
  const auto q = trip(r);
  CHECK(std::tie(q.protocol, q.name, q.boot_epoch, q.pid, q.host, q.slots, q.local, q.types) ==
        std::tie(r.protocol, r.name, r.boot_epoch, r.pid, r.host, r.slots, r.local, r.types));
  CHECK(std::tie(q.versions, q.summaries, q.schemas, q.again) == std::tie(r.versions, r.summaries, r.schemas, r.again));
  REQUIRE(q.held.size() == 1);
  CHECK(q.held[0].started_at_us == 4);

  const auto w = trip(welcome{1, 2, 3});
  CHECK((w.scheduler_boot == 1 && w.heartbeat_us == 2 && w.lease_us == 3));

  const auto proof = trip(node_proof{"certificates", std::string("\0signature", 10)});
  CHECK((proof.certificates == "certificates" && proof.signature == std::string("\0signature", 10)));

  worker_report report;
  report.boot_epoch = 5;
  report.started = {{1, 2, 3}};
  report.ended = {ended()};
  report.progress = {{1, 2, 50, "half"}};
  const auto back = trip(report);
  REQUIRE((back.started.size() == 1 && back.ended.size() == 1 && back.progress.size() == 1));
  const auto& e = back.ended[0];
  const auto x = ended();
  CHECK(std::tie(e.job, e.fence, e.kind, e.code, e.message, e.result, e.snooze_us, e.log, e.started_at_us,
                 e.finished_at_us) == std::tie(x.job, x.fence, x.kind, x.code, x.message, x.result, x.snooze_us, x.log,
                                               x.started_at_us, x.finished_at_us));
  CHECK(back.progress[0].percent == 50);

  const auto dump = trip(node_dump{{{"joined", "true"}, {"held", "3"}}});
  CHECK(dump.facts == actor_facts{{"joined", "true"}, {"held", "3"}});
  const auto load = trip(node_load{1, 2, 3, 4});
  CHECK((load.boot_epoch == 1 && load.running == 2 && load.waiting == 3 && load.unacknowledged == 4));

  CHECK_FALSE(trip(worker_node_actor{}));
  CHECK_FALSE(trip(worker_link_actor{}));

  // Nobody adds a type to the block without adding it here.
  for (auto id = caf::id_block::callboard::begin; id < caf::id_block::callboard::end; ++id)
    CHECK(seen.count(id) == 1);
}

TEST_CASE("an outcome survives the wire form") {
  attempt_outcome o;
  o.kind = outcome_kind::snoozed;
  o.code = "C";
  o.message = "m";
  o.result = blob{"1"};
  o.snooze = std::chrono::seconds{3};
  o.log = {"line"};
  o.started_at = time_from_wire(100);
  o.finished_at = time_from_wire(200);
  const auto back = outcome_from_wire(to_wire(job_id{1}, fence{2}, attempt_outcome{o}), 1);
  REQUIRE(back);
  CHECK(back->kind == o.kind);
  CHECK(back->code == o.code);
  CHECK(back->message == o.message);
  CHECK(back->result == o.result);
  CHECK(back->snooze == o.snooze);
  CHECK(back->log == o.log);
  CHECK(back->started_at == o.started_at);
  CHECK(back->finished_at == o.finished_at);
}

TEST_CASE("an outcome of a kind that does not exist is refused, negative times are none") {
  auto x = ended();
  x.kind = 7;
  CHECK_FALSE(outcome_from_wire(std::move(x), 100));
  x = ended();
  x.started_at_us = -5;
  const auto o = outcome_from_wire(std::move(x), 100);
  REQUIRE(o);
  CHECK(o->started_at == time_point{});
  CHECK(o->snooze == duration{0});
}

TEST_CASE("a result that is no JSON, or too large, does not get into answers") {
  const auto arrives = [](std::string result) {
    auto x = ended();
    x.log.clear();
    x.result = std::move(result);
    return outcome_from_wire(std::move(x), 8).value();
  };
  CHECK(arrives("").result.view().empty());
  CHECK(arrives(R"({"a":1})").result.view() == R"({"a":1})");
  CHECK(arrives(R"({"a":1})").log.empty());
  for (std::string bad : {"{\"a\":", "1,2", "\"\xff\"", R"({"a":123})"}) {
    const auto o = arrives(bad);
    CHECK(o.result.view() == R"({"dropped":true,"bytes":)" + std::to_string(bad.size()) + "}");
    CHECK(o.log.size() == 1);
  }
}

TEST_CASE("our errors keep their code and words as errors of CAF") {
  const auto e = from_caf(to_caf({ec::queue_full, "no room", "x"}));
  CHECK(e.code == ec::queue_full);
  CHECK(e.message == "no room");
  CHECK(from_caf(caf::sec::request_timeout).code == ec::internal_error);
}

TEST_CASE("a request that is dropped is answered all the same, and only once") {
  int answers = 0;
  ec code = ec::none;
  {
    answer<int> a{[&](result<int> x) {
      ++answers;
      code = x ? ec::none : x.err().code;
    }};
    auto copy = a;
  }
  CHECK(answers == 1);
  CHECK(code == ec::internal_error);
  answer<int> b{[&](result<int>) { ++answers; }};
  b.deliver(1);
  b.deliver(2);
  CHECK(answers == 2);
}
