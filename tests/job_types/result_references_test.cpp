#include <catch2/catch.hpp>

#include "job_types/result_references.hpp"

using namespace callboard;

namespace {

job_record given(std::string key, std::string json) {
  job_record rec;
  rec.spec.workflow = workflow_part{"w", "w", std::move(key), false};
  rec.result = blob{std::move(json)};
  return rec;
}

const std::vector<job_record>& all() {
  static const std::vector<job_record> jobs{
    given("a", R"({"path":"/tmp/\"x\"","n":[1,{"deep":true}],"big":12345678901234567890})"), given("b", R"("text")"),
    given("c.d", "[1.50]"), given("none", "")};
  return jobs;
}

} // namespace

TEST_CASE("results are filled into a payload as text", "[result_references]") {
  struct row {
    std::string payload, filled;
  };
  const row rows[] = {
    {R"({"a":1})", R"({"a":1})"},
    {R"({"x":"${jobs.b.result}"})", R"({"x":"text"})"},
    {R"({"x":"in ${jobs.a.result.path} and ${jobs.b.result}!"})", R"({"x":"in /tmp/\"x\" and text!"})"},
    {R"({"x":"${jobs.a.result.n.0}"})", R"({"x":"1"})"},
    {R"({"x":"${jobs.a.result.n.1}"})", R"({"x":"{\"deep\":true}"})"},
    {R"({"x":"${jobs.a.result.n.1.deep}"})", R"({"x":"true"})"},
    {R"({"x":"${jobs.a.result.big}"})", R"({"x":"12345678901234567890"})"},
    {R"({"x":"${jobs.c.d.result.0}"})", R"({"x":"1.5"})"},
    {R"(["${jobs.b.result}","${jobs.b.result}"])", R"(["text","text"])"},
    {R"({"x":"${other} ${jobs"})", R"({"x":"${other} ${jobs"})"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.payload);
    const auto filled = fill_in_results(x.payload, all());
    REQUIRE(filled);
    CHECK(*filled == x.filled);
  }
}

TEST_CASE("what is missing is told", "[result_references]") {
  struct row {
    std::string payload, what;
  };
  const row rows[] = {
    {R"("${jobs.x.result}")", "${jobs.x.result} in the payload: that job has no result"},
    {R"("${jobs.none.result}")", "that job has no result"},
    {R"("${jobs.a.result.no}")", "the result has no 'no' there"},
    {R"("${jobs.a.result.n.2}")", "the result has no '2' there"},
    {R"("${jobs.a.result.n.x}")", "the result has no 'x' there"},
    {R"("${jobs.a.result.path.x}")", "the result has no 'x' there"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.payload);
    const auto filled = fill_in_results(x.payload, all());
    REQUIRE_FALSE(filled);
    CHECK(filled.err().code == ec::not_found);
    CHECK_THAT(filled.err().message, Catch::Contains(x.what));
  }
}

TEST_CASE("a reference that is not well formed is refused", "[result_references]") {
  for (const std::string text : {"${jobs.}", "${jobs.a}", "${jobs.a.results}", "${jobs.a.result.}",
                                 "${jobs.a.result..b}", "${jobs.a.result", "${jobs.a.result\\n}", "${jobs..result}"}) {
    CAPTURE(text);
    const auto found = find_result_references("{\"x\":\"" + text + "\"}");
    REQUIRE_FALSE(found);
    CHECK(found.err().code == ec::invalid_value);
    CHECK(found.err().field == "payload");
  }
}

TEST_CASE("a payload does not grow without end", "[result_references]") {
  const std::vector<job_record> jobs{given("a", "\"" + std::string(size_t{1} << 20, 'x') + "\"")};
  std::string payload = "[";
  for (int i = 0; i < 9; ++i)
    payload += R"("${jobs.a.result}",)";
  payload.back() = ']';
  const auto filled = fill_in_results(payload, jobs);
  REQUIRE_FALSE(filled);
  CHECK(filled.err().code == ec::out_of_range);
}
