// The soft timeout of a job, wherever a job is written down, and of its type.
#include "tests/http/job_fields.hpp"
#include "tests/http/limit_refusals.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// The server as it is after the rule of the type noop was written.
void put_defaults(direct& d, std::string_view defaults) {
  const auto r = d.call(http_method::put, "/api/types/noop", R"({"defaults":)" + std::string{defaults} + "}");
  INFO(defaults << " " << r.body);
  REQUIRE(r.status == 200);
  CHECK(use_type_defaults(d.a, "noop", d.back.last_rule.defaults));
}

std::optional<duration> soft_timeout_of(direct& d, const std::string& fields) {
  const auto r = d.submit(job(fields));
  INFO(fields << " " << r.body);
  REQUIRE(r.status == 201);
  return d.back.submits.back().jobs.at(0).soft_timeout;
}

} // namespace

TEST_CASE("soft timeout: it arrives, and is shown", "[submit][soft_timeout]") {
  CHECK_FALSE(accepted("").soft_timeout);
  CHECK_FALSE(written(accepted("")).contains("softTimeout"));
  const auto s = accepted(R"("timeout":60,"softTimeout":45.5)");
  CHECK(s.soft_timeout == duration{45'500ms});
  CHECK(s.timeout == 60s);
  CHECK(written(s)["softTimeout"] == 45.5);
  // By the timeout of a job that gives none, and whatever comes first.
  CHECK(accepted(R"("softTimeout":299.999)").soft_timeout == duration{299'999ms});
  CHECK(accepted(R"("softTimeout":0.001,"timeout":0.002)").soft_timeout == duration{1ms});
  CHECK(accepted(R"("softTimeout":3599,"timeout":3600)").soft_timeout == duration{3599s});
}

TEST_CASE("soft timeout: what cannot be is refused, and both fields are named", "[submit][soft_timeout]") {
  const bad rows[] = {
    {R"("softTimeout":0)", "out_of_range", "softTimeout", "0.001 to 86400"},
    {R"("softTimeout":-1)", "out_of_range", "softTimeout", "not -1"},
    {R"("softTimeout":86401)", "out_of_range", "softTimeout", "not 86401"},
    {R"("softTimeout":"30s")", "invalid_value", "softTimeout", "a number of seconds"},
    {R"("softTimeout":null)", "invalid_value", "softTimeout", "not null"},
    {R"("softTimeout":[30])", "invalid_value", "softTimeout", "a single value"},
    {R"("softTimeout":1,"softTimeout":1)", "invalid_value", "softTimeout", "twice"},
    {R"("softTimeout":60,"timeout":60)", "invalid_value", "softTimeout",
     "softTimeout must be below timeout, which is 60 s, not 60"},
    {R"("timeout":1.5,"softTimeout":2)", "invalid_value", "softTimeout", "which is 1.5 s, not 2"},
    {R"("softTimeout":300)", "invalid_value", "softTimeout",
     "softTimeout must be below timeout, which is 300 s where none is given, not 300"},
  };
  for (const auto& x : rows)
    check_refused(http_method::post, "/api/jobs/submit", job(x.body), x);
}

TEST_CASE("soft timeout: jobs of batches, workflows and schedules have it", "[submit][soft_timeout]") {
  direct d;
  const auto one = job(R"("softTimeout":30)"), bad_one = job(R"("softTimeout":30,"timeout":20)");
  CHECK(d.batch("[" + one + "]").status == 200);
  CHECK(d.back.submits.back().jobs.at(0).soft_timeout == duration{30s});
  CHECK(d.call(http_method::post, "/api/workflows", R"({"name":"w","jobs":{"a":)" + one + "}}").status == 201);
  CHECK(d.back.submits.back().jobs.at(0).soft_timeout == duration{30s});
  CHECK(d.call(http_method::post, "/api/schedules", R"({"name":"s","every":60,"job":)" + one + "}").status == 201);
  CHECK(d.back.last_definition.job.soft_timeout == duration{30s});
  const auto in_workflow = d.call(http_method::post, "/api/workflows", R"({"name":"w","jobs":{"a":)" + bad_one + "}}");
  CHECK(in_workflow.status == 400);
  CHECK(field_of(in_workflow) == "jobs.a.softTimeout");
  const auto in_schedule =
    d.call(http_method::post, "/api/schedules", R"({"name":"s","every":60,"job":)" + bad_one + "}");
  CHECK(in_schedule.status == 400);
  CHECK(field_of(in_schedule) == "job.softTimeout");
}

TEST_CASE("soft timeout x type defaults: a job has it, unless its own timeout leaves no room for it",
          "[limits][soft_timeout]") {
  direct d;
  put_defaults(d, R"({"timeout":60,"softTimeout":50})");
  CHECK(soft_timeout_of(d, "") == duration{50s});
  CHECK(soft_timeout_of(d, R"("softTimeout":20)") == duration{20s});
  CHECK(soft_timeout_of(d, R"("timeout":51)") == duration{50s});
  CHECK_FALSE(soft_timeout_of(d, R"("timeout":50)"));
  CHECK_FALSE(soft_timeout_of(d, R"("timeout":20)"));
  // One of its own is held to the timeout that the job has in the end.
  const auto r = d.submit(job(R"("softTimeout":60)"));
  CHECK(r.status == 400);
  CHECK(field_of(r) == "softTimeout");
  REQUIRE(r.failure);
  CHECK_THAT(r.failure->message, Catch::Contains("which is 60 s where none is given, not 60"));
}

TEST_CASE("soft timeout x type defaults: a default is held to the timeout beside it, or to that of any job",
          "[limits][soft_timeout]") {
  direct d;
  put_defaults(d, R"({"softTimeout":299})");
  CHECK(soft_timeout_of(d, "") == duration{299s});
  CHECK(soft_timeout_of(d, R"("timeout":3600)") == duration{299s});
  const bad rows[] = {
    {R"({"softTimeout":300})", "invalid_value", "defaults.softTimeout",
     "softTimeout must be below timeout, which is 300 s where none is given, not 300"},
    {R"({"softTimeout":60,"timeout":60})", "invalid_value", "defaults.softTimeout", "which is 60 s, not 60"},
    {R"({"softTimeout":0})", "out_of_range", "defaults.softTimeout", "0.001"},
  };
  for (const auto& x : rows)
    check_refused(http_method::put, "/api/types/noop", R"({"defaults":)" + x.body + "}", x);
}
