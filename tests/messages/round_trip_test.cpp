#include "messages/convert.hpp"
#include "messages/error_category.hpp"
#include "messages/system_config.hpp"
#include "messages/type_ids.hpp"
#include "tests/support/seed.hpp"

#include <boost/pfr.hpp>
#include <caf/all.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <catch2/catch.hpp>

#include <concepts>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace callboard;

namespace {

result_check check;

/// Gives every field of every message a value that it does not have by itself, so that a field that does not travel is
/// seen: also one that somebody adds to a struct and forgets in its `inspect`. Fields are found by Boost.PFR.
class filler {
public:
  explicit filler(uint64_t seed) : random_(seed) {
  }

  void operator()(bool& x) {
    x = !x;
  }
  template <std::integral T>
  void operator()(T& x) {
    const auto usual = x;
    while (x == usual)
      x = static_cast<T>(random_());
  }
  void operator()(std::string& x) {
    x.resize(1 + random_() % 20);
    for (auto& c : x)
      c = static_cast<char>(random_()); // any byte, NUL as well
  }
  template <class A, class B>
  void operator()(std::pair<A, B>& x) {
    (*this)(x.first);
    (*this)(x.second);
  }
  template <class T>
  void operator()(std::vector<T>& x) {
    x.resize(1 + random_() % 3);
    for (auto& element : x)
      (*this)(element);
  }
  template <class T>
  requires std::is_aggregate_v<T>
  void operator()(T& x) {
    boost::pfr::for_each_field(x, *this);
  }

private:
  std::mt19937_64 random_;
};

struct system_fixture {
  system_config cfg{1};
  caf::actor_system sys{cfg};
  std::set<caf::type_id_t> seen;

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

  template <class T>
  void comes_back(filler& fill) {
    const T usual;
    CHECK(trip(usual) == usual);
    T x;
    fill(x);
    CHECK(trip(x) == x);
  }
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
  x.retry_after_us = -2;
  x.log_first = 7;
  x.log = {"one", ""};
  x.started_at_us = 5;
  x.finished_at_us = INT64_MAX;
  return x;
}

/// A message whose `inspect` was forgotten when `added` was.
struct forgetful {
  uint32_t there = 0;
  bool added = false;
  friend bool operator==(const forgetful&, const forgetful&) = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, forgetful& x) {
  return f(x.there);
}

} // namespace

TEST_CASE_METHOD(system_fixture, "every registered type comes back as it went, in every field") {
  const auto seed = callboard::test::seed_of_run();
  INFO("CALLBOARD_TEST_SEED=" << seed);
  filler fill{seed};
  for (int i = 0; i < 50; ++i) {
    comes_back<attempt_order>(fill);
    comes_back<node_orders>(fill);
    comes_back<worker_registration>(fill);
    comes_back<node_proof>(fill);
    comes_back<welcome>(fill);
    comes_back<worker_report>(fill);
    comes_back<node_load>(fill);
    comes_back<node_dump>(fill);
  }
  CHECK_FALSE(trip(worker_node_actor{}));
  CHECK_FALSE(trip(worker_link_actor{}));

  // Nobody adds a type to the block without adding it here.
  for (auto id = caf::id_block::callboard::begin; id < caf::id_block::callboard::end; ++id)
    CHECK(seen.count(id) == 1);
}

TEST_CASE_METHOD(system_fixture, "a field that inspect forgets is seen") {
  forgetful x;
  filler fill{1};
  fill(x);
  std::vector<char> bytes;
  caf::binary_serializer out{sys, bytes};
  REQUIRE_FALSE(out(x));
  forgetful back;
  caf::binary_deserializer in{sys, bytes};
  REQUIRE_FALSE(in(back));
  CHECK(back.there == x.there);
  CHECK_FALSE(back == x);
}

TEST_CASE("an outcome survives the wire form") {
  attempt_outcome o;
  o.kind = outcome_kind::snoozed;
  o.code = "C";
  o.message = "m";
  o.result = blob{"1"};
  o.snooze = std::chrono::seconds{3};
  o.retry_after = std::chrono::seconds{4};
  o.log = {7, {"line"}};
  o.started_at = time_from_wire(100);
  o.finished_at = time_from_wire(200);
  const auto back = outcome_from_wire(to_wire(job_id{1}, fence_token{2}, attempt_outcome{o}), 1, check);
  REQUIRE(back);
  CHECK(back->kind == o.kind);
  CHECK(back->code == o.code);
  CHECK(back->message == o.message);
  CHECK(back->result == o.result);
  CHECK(back->snooze == o.snooze);
  CHECK(back->retry_after == o.retry_after);
  CHECK(back->log == o.log);
  CHECK(back->started_at == o.started_at);
  CHECK(back->finished_at == o.finished_at);
}

TEST_CASE("an outcome of a kind that does not exist is refused, negative times are none") {
  auto x = ended();
  x.kind = 7;
  CHECK_FALSE(outcome_from_wire(std::move(x), 100, check));
  x = ended();
  x.started_at_us = -5;
  const auto o = outcome_from_wire(std::move(x), 100, check);
  REQUIRE(o);
  CHECK(o->started_at == time_point{});
  CHECK(o->snooze == duration{0});
  CHECK(o->retry_after == duration{0});
}

TEST_CASE("a result that is no JSON, or too large, does not get into answers") {
  const auto arrives = [](std::string result) {
    auto x = ended();
    x.log.clear();
    x.result = std::move(result);
    return outcome_from_wire(std::move(x), 8, check).value();
  };
  CHECK(arrives("").result.view().empty());
  CHECK(arrives(R"({"a":1})").result.view() == R"({"a":1})");
  CHECK(arrives(R"({"a":1})").log.lines.empty());
  for (std::string bad : {"{\"a\":", "1,2", "\"\xff\"", R"({"a":123})"}) {
    const auto o = arrives(bad);
    CHECK(o.result.view() == R"({"dropped":true,"bytes":)" + std::to_string(bad.size()) + "}");
    CHECK(o.log.lines.size() == 1);
  }
}

TEST_CASE("our errors keep their code and words as errors of CAF") {
  const auto e = from_caf(to_caf({ec::queue_full, "no room", "x"}));
  CHECK(e.code == ec::queue_full);
  CHECK(e.message == "no room");
  CHECK(from_caf(caf::sec::request_timeout).code == ec::internal_error);
}

TEST_CASE("a result that was good a moment ago is, and no other is for it", "[wire]") {
  result_check c;
  for (int i = 0; i < 2; ++i) {
    CHECK(c.is_json(R"({"ok":true})"));
    CHECK_FALSE(c.is_json(R"({"ok":true)"));
    CHECK_FALSE(c.is_json(""));
  }
  CHECK(c.is_json("[" + std::string(100, ' ') + "]"));
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
