// Jobs that preempt, jobs that may be preempted, and what is shown of a checkpoint.
#include "tests/http/job_fields.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

job_record some_job() {
  job_record rec;
  rec.id = job_id{1};
  rec.spec.type = "noop";
  return rec;
}

json written(const job_record& rec, job_parts parts = {}) {
  std::string out;
  json_writer w{out};
  write_job(w, rec, parts, redaction_book{});
  return json::parse(out);
}

} // namespace

TEST_CASE("preempts and preemptible arrive, and are shown", "[submit][preemption]") {
  CHECK_FALSE(accepted("").preempts);
  CHECK_FALSE(accepted("").preemptible_after);
  CHECK(accepted(R"("preempts":true)").preempts);
  CHECK(accepted(R"("preemptible":true)").preemptible_after == duration{60s});
  CHECK_FALSE(accepted(R"("preemptible":false)").preemptible_after);
  CHECK(accepted(R"("preemptible":{})").preemptible_after == duration{60s});
  CHECK(accepted(R"("preemptible":{"minRun":0})").preemptible_after == duration{0});
  auto rec = some_job();
  CHECK_FALSE(written(rec).contains("preempts"));
  CHECK_FALSE(written(rec).contains("preemptible"));
  rec.spec = accepted(R"("preempts":true,"preemptible":{"minRun":1.5})");
  CHECK(rec.spec.preemptible_after == duration{1500ms});
  CHECK(written(rec)["preempts"] == true);
  CHECK(written(rec)["preemptible"] == json{{"minRun", 1.5}});
}

TEST_CASE("preempts and preemptible are refused by name", "[submit][preemption]") {
  struct row {
    const char *fields, *code, *field, *contains;
  };
  const row rows[] = {
    {R"("preempts":1)", "invalid_value", "preempts", "true or false"},
    {R"("preempts":{})", "invalid_value", "preempts", "a single value"},
    {R"("preemptible":60)", "invalid_value", "preemptible", "true, false, or an object"},
    {R"("preemptible":[60])", "invalid_value", "preemptible", "not an array"},
    {R"("preemptible":{"min":60})", "unknown_field", "preemptible.min", "known here are minRun"},
    {R"("preemptible":{"minRun":"60"})", "invalid_value", "preemptible.minRun", "a number of seconds"},
    {R"("preemptible":{"minRun":-1})", "out_of_range", "preemptible.minRun", "0 to 86400"},
    {R"("preemptible":{"minRun":86401})", "out_of_range", "preemptible.minRun", "jobs.timeout_max"},
    {R"("preemptible":{"minRun":1,"minRun":2})", "invalid_value", "preemptible.minRun", "twice"},
    {R"("preemptible":true,"preemptible":true)", "invalid_value", "preemptible", "twice"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.fields);
    direct d;
    const auto r = d.submit(job(x.fields));
    CHECK(r.status == 400);
    CHECK(code_of(r) == x.code);
    CHECK(field_of(r) == x.field);
    REQUIRE(r.failure);
    CHECK_THAT(r.failure->message, Catch::Contains(x.contains));
  }
}

TEST_CASE("a checkpoint is shown as JSON if it is that, else as a text, and not in lists", "[jobs][checkpoint]") {
  auto rec = some_job();
  CHECK_FALSE(written(rec).contains("checkpoint"));
  rec.checkpoint = blob{std::string{R"({"row": 4711})"}};
  CHECK(written(rec)["checkpoint"] == json{{"row", 4711}});
  rec.checkpoint = blob{std::string{"row 4711, \"ü\"\n"}};
  CHECK(written(rec)["checkpoint"] == "row 4711, \"ü\"\n");
  rec.checkpoint = blob{std::string{"{\"half"}};
  CHECK(written(rec)["checkpoint"] == "{\"half");
  CHECK_FALSE(written(rec, {.checkpoint = false}).contains("checkpoint"));
}
