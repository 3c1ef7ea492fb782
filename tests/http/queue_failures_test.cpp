#include "http/api/queue_failures.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

limit_view plain(const std::string& name) {
  limit_view v;
  v.target = {limit_kind::queue, name, {}};
  return v;
}

queue_metrics failures(uint64_t since_start) {
  queue_metrics q;
  q.failed = since_start;
  return q;
}

std::vector<std::string> names_of(const limit_page& page) {
  std::vector<std::string> out;
  for (const auto& v : page.limits)
    out.push_back(v.target.name);
  return out;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("a list of queues tells their failures, and those of queues that have nothing else", "[limits]") {
  direct d;
  d.back.bounds.limits = {plain("mail"), plain("unknown")};
  d.back.measured.queues = {{"gone", failures(2)}, {"mail", failures(5)}, {"quiet", failures(0)}};
  d.back.measured.queues[std::string{other_queues}] = failures(9);
  const auto j = json::parse(d.call(http_method::get, "/api/queues").body);
  CHECK(j["count"] == 3);
  CHECK(j["queues"][0]["name"] == "gone");
  CHECK(j["queues"][0]["ready"] == 0);
  CHECK(j["queues"][0]["failuresSinceStart"] == 2);
  CHECK(j["queues"][1]["failuresSinceStart"] == 5);
  CHECK_FALSE(j["queues"][2].contains("failuresSinceStart")); // its failures are counted among those of others
  CHECK_FALSE(json::parse(d.call(http_method::get, "/api/queues/mail").body).contains("failuresSinceStart"));
  CHECK_FALSE(json::parse(d.call(http_method::get, "/api/types").body)["types"][0].contains("failuresSinceStart"));
}

TEST_CASE("queues that failed come on the page of their name, and no page has more rows than asked for", "[limits]") {
  const std::map<std::string, queue_metrics> rows{{"a", failures(1)}, {"c", failures(1)}, {"e", failures(1)}};
  limit_page page{{plain("b"), plain("d")}, "d"};
  SECTION("there is room") {
    add_failing_queues(page, "", 10, rows);
    CHECK(names_of(page) == list{"a", "b", "c", "d"});
    CHECK(page.next == "d"); // `e` is behind it
  }
  SECTION("there is none") {
    add_failing_queues(page, "", 2, rows);
    CHECK(names_of(page) == list{"a", "b"});
    CHECK(page.next == "b");
  }
  SECTION("what came on an earlier page does not come again") {
    add_failing_queues(page, "a", 10, rows);
    CHECK(names_of(page) == list{"b", "c", "d"});
  }
  SECTION("the last page") {
    page.next.reset();
    add_failing_queues(page, "c", 10, rows);
    CHECK(names_of(page) == list{"b", "d", "e"});
    CHECK_FALSE(page.next);
  }
}
