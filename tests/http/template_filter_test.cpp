// Lists of the jobs that a template has made.
#include "http/api/template_filter.hpp"
#include "tests/http/workflow_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

struct filter_bench : workflow_bench {
  /// Jobs 1 to n; every `each`th is of version 1 or 2 of the template mail.
  void fill(uint64_t n, uint64_t each) {
    for (uint64_t i = 1; i <= n; ++i) {
      auto& j = back.jobs[some_id(i)];
      j.id = some_id(i);
      j.spec.type = "noop";
      j.spec.payload = blob{std::string{R"({"n":)"} + std::to_string(i) + "}"};
      if (i % each == 0)
        j.spec.from_template = template_origin{"mail", i / each % 2 == 0 ? 2u : 1u};
      else if (i % each == 1)
        j.spec.from_template = template_origin{"mailer", 1};
    }
  }
  std::vector<std::string> ids(const json& page) {
    std::vector<std::string> out;
    for (const auto& j : page["jobs"])
      out.push_back(j["id"]);
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(filter_bench, "template filter: a list has the jobs of a template, or of a version of it",
                 "[templates][list]") {
  fill(40, 10);
  const auto all = get("/api/jobs?template=mail");
  CHECK(ids(all) ==
        std::vector{to_string(some_id(40)), to_string(some_id(30)), to_string(some_id(20)), to_string(some_id(10))});
  CHECK(all["next"].is_null());
  CHECK(all["jobs"][0]["template"] == json{{"name", "mail"}, {"version", 2}});
  CHECK_FALSE(all["jobs"][0].contains("payload"));
  CHECK(ids(get("/api/jobs?template=mail@1")) == std::vector{to_string(some_id(30)), to_string(some_id(10))});
  CHECK(get("/api/jobs?template=mail@3")["count"] == 0);
  CHECK(get("/api/jobs?template=nobody")["next"].is_null());
  CHECK(get("/api/jobs/status/queued?template=mail&include=payload")["jobs"][3]["payload"] == json{{"n", 10}});
  CHECK(back.lists.back().states == std::vector{job_state::queued});
  CHECK(back.lists.back().payload);
}

TEST_CASE_METHOD(filter_bench, "template filter: pages follow each other without a gap", "[templates][list]") {
  fill(2000, 7); // several pages of the scheduler
  for (const auto* limit : {"1", "3", "1000"}) {
    CAPTURE(limit);
    std::vector<std::string> found;
    std::string cursor;
    do {
      const auto page = get("/api/jobs?template=mail&limit=" + std::string{limit} + cursor);
      CHECK(page["count"] <= std::stoi(limit));
      for (const auto& id : ids(page))
        found.push_back(id);
      cursor = page["next"].is_null() ? "" : "&cursor=" + page["next"].get<std::string>();
    } while (!cursor.empty());
    CHECK(found.size() == 2000 / 7);
    CHECK(std::is_sorted(found.rbegin(), found.rend()));
    CHECK(std::adjacent_find(found.begin(), found.end()) == found.end());
  }
}

TEST_CASE_METHOD(filter_bench, "template filter: a page ends after so many jobs were looked at, and the next goes on",
                 "[templates][list]") {
  fill(template_jobs_examined_max + 100, template_jobs_examined_max + 200);
  back.jobs[some_id(50)].spec.from_template = template_origin{"rare", 1};
  const auto first = get("/api/jobs?template=rare");
  CHECK(first["count"] == 0);
  REQUIRE(first["next"].is_string());
  CHECK(back.lists.size() == template_jobs_examined_max / 500);
  const auto second = get("/api/jobs?template=rare&cursor=" + first["next"].get<std::string>());
  CHECK(ids(second) == std::vector{to_string(some_id(50))});
  CHECK(second["next"].is_null());
}

TEST_CASE_METHOD(filter_bench, "template filter: a bad one is refused, and a failure is told", "[templates][list]") {
  for (const auto* bad : {"", "a%20b", "@1", "mail@", "mail@0", "mail@x", "mail@1@2", "mail@-1"}) {
    CAPTURE(bad);
    const auto r = call(http_method::get, std::string{"/api/jobs?template="} + bad);
    CHECK(r.status == 400);
    CHECK(field_of(r) == "template");
  }
  CHECK(back.lists.empty());
  back.fail_list = error{ec::storage_unavailable, "no disk"};
  CHECK(code_of(call(http_method::get, "/api/jobs?template=mail")) == "storage_unavailable");
}
