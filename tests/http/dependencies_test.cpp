#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

std::string quoted(job_id id) {
  return "\"" + to_string(id) + "\"";
}

std::string object(const std::string& id, const std::string& on) {
  return R"({"id":)" + id + R"(,"on":")" + on + "\"}";
}

std::string job(const std::string& dependencies, const std::string& rest = {}) {
  return R"({"jobType":"noop","dependencies":[)" + dependencies + "]" + rest + "}";
}

json shown(const job_record& j) {
  direct d;
  d.back.job = j;
  const auto r = d.call(http_method::get, "/api/jobs/" + to_string(some_id()));
  REQUIRE(r.status == 200);
  return json::parse(r.body);
}

} // namespace

TEST_CASE("a dependency is an id, or an id with a condition", "[submit][dependencies]") {
  using on = dependency_condition;
  direct d;
  const auto r =
    d.submit(job(quoted(some_id(1)) + ",{\"id\":" + quoted(some_id(2)) + "}," + object(quoted(some_id(3)), "success") +
                   "," + object(quoted(some_id(4)), "failure") + ",{\"on\":\"finished\",\"id\":" + quoted(some_id(5)) +
                   "}," + object(quoted(some_id(6)), "started"),
                 R"(,"dependencyRule":"any","queue":"mail")"));
  INFO(r.body);
  REQUIRE(r.status == 201);
  const auto& s = d.back.submits.at(0).jobs.at(0);
  CHECK(s.dependencies == std::vector<dependency>{{some_id(1), on::success},
                                                  {some_id(2), on::success},
                                                  {some_id(3), on::success},
                                                  {some_id(4), on::failure},
                                                  {some_id(5), on::finished},
                                                  {some_id(6), on::started}});
  CHECK(s.rule == dependency_rule::any);
  CHECK(s.queue == "mail"); // what comes behind is read as ever
  CHECK(d.back.submits.at(0).inner.empty());
}

TEST_CASE("every rule is read, with dependencies and without", "[submit][dependencies]") {
  direct d;
  for (const auto rule :
       {dependency_rule::all, dependency_rule::any, dependency_rule::all_done, dependency_rule::none_failed})
    for (const std::string on : {"success", "finished", "started", ""}) {
      const auto field = R"(,"dependencyRule":")" + std::string{to_string(rule)} + "\"";
      const auto r = d.submit(job(on.empty() ? on : object(quoted(some_id(3)), on), field));
      INFO(r.body);
      REQUIRE(r.status == 201);
      CHECK(d.back.submits.back().jobs.at(0).rule == rule);
    }
}

TEST_CASE("jobs of a batch depend on each other under conditions", "[batch][dependencies]") {
  direct d;
  const auto r = d.batch(
    "[" + job("") + "," + job(object("\"#0\"", "failure") + ",\"#2\"," + quoted(some_id(9))) + "," +
    job(object(quoted(some_id(8)), "started") + "," + object("\"#0\"", "finished"), R"(,"dependencyRule":"any")") +
    "]");
  INFO(r.body);
  REQUIRE(r.status == 200);
  const auto& s = d.back.submits.at(0);
  CHECK(s.atomic);
  REQUIRE(s.inner.size() == 3);
  CHECK((s.inner[0].job == 1 && s.inner[0].depends_on == 0 && s.inner[0].on == dependency_condition::failure));
  CHECK((s.inner[1].job == 1 && s.inner[1].depends_on == 2 && s.inner[1].on == dependency_condition::success));
  CHECK((s.inner[2].job == 2 && s.inner[2].depends_on == 0 && s.inner[2].on == dependency_condition::finished));
  CHECK(s.jobs[1].dependencies == std::vector<dependency>{some_id(9)});
  CHECK(s.jobs[2].dependencies == std::vector<dependency>{{some_id(8), dependency_condition::started}});
  CHECK(s.jobs[1].rule == dependency_rule::all);
  CHECK(s.jobs[2].rule == dependency_rule::any);
}

TEST_CASE("what is wrong with a condition in a batch is told of its job, and the next one is read", "[batch]") {
  struct row {
    std::string dependencies, rest, code, field;
  };
  const row rows[] = {
    {object("\"#\"", "failure"), "", "invalid_value", "dependencies[0].id"},
    {object("\"job\"", "failure"), "", "invalid_value", "dependencies[0].id"},
    {"\"#0\"," + object("\"#0\"", "failure"), "", "invalid_value", "dependencies[1].id"},
    {object("\"#0\"", "failure") + ",\"#0\"", "", "invalid_value", "dependencies[1]"},
    {"\"#0\"," + object("\"#1\"", "never"), "", "invalid_value", "dependencies[1].on"},
    {"\"#0\",{\"on\":\"success\"}", "", "missing_field", "dependencies[1].id"},
    {"\"#0\",{\"when\":{\"a\":[{}]}}", "", "unknown_field", "dependencies[1].when"},
    {"\"#0\",{\"id\":{\"a\":[{}]}}", "", "invalid_value", "dependencies[1].id"},
    {object("\"#0\"", "failure"), R"(,"dependencyRule":"none_failed")", "invalid_value", "dependencyRule"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.dependencies);
    direct d;
    const auto r = d.batch("[" + job("") + "," + job(x.dependencies, x.rest) + "," +
                           job(object(quoted(some_id(9)), "finished")) + "]");
    REQUIRE(r.status == 200);
    const auto a = json::parse(r.body);
    CHECK(a["accepted"] == 2);
    CHECK(a["items"][1]["error"]["code"] == x.code);
    CHECK(a["items"][1]["error"]["field"] == "jobs[1]." + x.field);
    CHECK(d.back.submits.at(0).jobs.at(1).dependencies ==
          std::vector<dependency>{{some_id(9), dependency_condition::finished}});
  }
  direct d;
  const auto circle = d.batch("[" + job(object("\"#1\"", "failure")) + "," + job(object("\"#0\"", "started")) + "]");
  CHECK(code_of(circle) == "dependency_cycle");
  CHECK(code_of(d.batch("[" + job(object("\"#3\"", "failure")) + "]")) == "unknown_dependency");
  CHECK(code_of(d.submit(job(object("\"#0\"", "failure")))) == "invalid_value"); // alone there is no #0
  CHECK(d.back.calls() == 0);
}

TEST_CASE("a plain job shows ids, and no rule", "[jobs][dependencies]") {
  job_record j;
  j.spec.dependencies = {some_id(2), some_id(3)};
  auto body = shown(j);
  CHECK(body["dependencies"] == json{to_string(some_id(2)), to_string(some_id(3))});
  CHECK_FALSE(body.contains("dependencyRule"));
  j.spec.dependencies.clear();
  j.spec.rule = dependency_rule::any; // of nothing
  body = shown(j);
  CHECK(body["dependencies"] == json::array());
  CHECK_FALSE(body.contains("dependencyRule"));
}

TEST_CASE("a conditional job shows its conditions, its rule, and what is known", "[jobs][dependencies]") {
  job_record j;
  j.spec.dependencies = {{some_id(2), dependency_condition::failure},
                         some_id(3),
                         {some_id(4), dependency_condition::started},
                         {some_id(5), dependency_condition::finished}};
  j.spec.dependencies[0].ended = job_ending::failed;
  j.spec.dependencies[0].began = true;
  j.spec.dependencies[2].began = true;
  j.spec.dependencies[3].ended = job_ending::skipped;
  auto body = shown(j);
  CHECK(body["dependencies"] ==
        json::array({{{"id", to_string(some_id(2))}, {"on", "failure"}, {"ended", "failed"}, {"began", true}},
                     {{"id", to_string(some_id(3))}, {"on", "success"}},
                     {{"id", to_string(some_id(4))}, {"on", "started"}, {"began", true}},
                     {{"id", to_string(some_id(5))}, {"on", "finished"}, {"ended", "skipped"}}}));
  CHECK(body["dependencyRule"] == "all");
  j.spec.dependencies = {some_id(2)};
  j.spec.rule = dependency_rule::none_failed;
  body = shown(j);
  CHECK(body["dependencies"] == json::array({{{"id", to_string(some_id(2))}, {"on", "success"}}}));
  CHECK(body["dependencyRule"] == "none_failed");
}
