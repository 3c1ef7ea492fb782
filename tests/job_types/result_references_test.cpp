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

namespace {

fan_out over(std::string key, std::vector<std::string> path = {}, uint32_t max = 10) {
  fan_out f;
  f.over = std::move(key);
  f.path = std::move(path);
  f.max = max;
  return f;
}

const std::vector<job_record>& lists() {
  static const std::vector<job_record> jobs{
    given("list", R"({"files":[{"path":"/a","n":[1,2]},{"path":"/b","n":[3]}],"no":7})"),
    given("plain", R"(["x",2,null])"), given("marks", R"(["${jobs.list.result.no}","$","${item}"])"),
    given("empty", "[]"), given("none", "")};
  return jobs;
}

} // namespace

TEST_CASE("an element's payload has its part of the array", "[result_references]") {
  using texts = std::vector<std::string>;
  const auto of = [](const fan_out& f, const std::string& payload) {
    auto made = element_payloads(f, payload, lists());
    INFO((made ? std::string{} : made.err().message));
    REQUIRE(made);
    return *made;
  };
  CHECK(of(over("list", {"files"}), R"({"x":"${item.path} ${index} ${item.n.0}"})") ==
        texts{R"({"x":"/a 0 1"})", R"({"x":"/b 1 3"})"});
  CHECK(of(over("list", {"files", "0", "n"}), R"(["${item}"])") == texts{R"(["1"])", R"(["2"])"});
  CHECK(of(over("plain"), R"(["${item}","${items}"])") ==
        texts{R"(["x","${items}"])", R"(["2","${items}"])", R"(["null","${items}"])"});
  CHECK(of(over("empty"), R"(["${item}"])").empty());
  // Results of jobs are filled in when the element starts, and what an element brings is no reference.
  CHECK(of(over("marks"), R"(["${item}{jobs.list.result.no}","${jobs.list.result.no}"])") ==
        texts{R"(["\u0024{jobs.list.result.no}{jobs.list.result.no}","${jobs.list.result.no}"])",
              R"(["\u0024{jobs.list.result.no}","${jobs.list.result.no}"])",
              R"(["\u0024{item}{jobs.list.result.no}","${jobs.list.result.no}"])"});
  const auto filled = fill_in_results(of(over("marks"), R"(["${item}","${jobs.list.result.no}"])")[0], lists());
  REQUIRE(filled);
  CHECK(*filled == R"(["\u0024{jobs.list.result.no}","7"])");
}

TEST_CASE("what keeps a job from fanning out is told in words", "[result_references]") {
  struct row {
    fan_out f;
    std::string payload, says;
    ec code = ec::not_found;
  };
  const row rows[] = {
    {over("other"), "{}", "${jobs.other.result} in forEach: that job has no result, or is not stored any more"},
    {over("none"), "{}", "that job has no result"},
    {over("list", {"file"}), "{}", "${jobs.list.result.file} in forEach: the result has no 'file' there"},
    {over("list", {"no"}), "{}", "that is no array, but of type number"},
    {over("list"), "{}", "that is no array, but of type object"},
    {over("list", {"files"}), R"(["${item.size}"])", "${item.size} in the payload: element 0 has no 'size' there"},
    {over("plain", {}, 2), "{}", "the array has 3 elements; allowed are 2 (forEach.max)", ec::out_of_range},
  };
  for (const auto& r : rows) {
    INFO(r.says);
    const auto made = element_payloads(r.f, r.payload, lists());
    REQUIRE_FALSE(made);
    CHECK(made.err().code == r.code);
    CHECK(made.err().message.find(r.says) != std::string::npos);
  }
  const std::vector<job_record> large{given("a", R"([")" + std::string(9u << 20, 'x') + R"("])")};
  const auto made = element_payloads(over("a"), R"(["${item}"])", large);
  REQUIRE_FALSE(made);
  CHECK(made.err().code == ec::out_of_range);
}
