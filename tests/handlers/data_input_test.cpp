#include "tests/handlers/handler_run.hpp"

using namespace callboard;
using namespace callboard::test;
using kind = outcome_kind;

namespace {

/// Loads one file as table t and runs a query on it.
finished load(const std::string& file, const std::string& text, const std::string& sql = "SELECT * FROM t",
              const json& more = json::object(), data_settings s = {}) {
  const temporary_directory in;
  json i{{"name", "t"}, {"path", in.write(file, text)}};
  i.update(more);
  return run(*make_data_processing(s, {{in.path()}, {}}), {{"inputs", json::array({i})}, {"sql", sql}});
}

} // namespace

TEST_CASE("CSV values get the type that their notation shows") {
  const auto f = load("a.csv", "v\n1\n-5\n1.50\n007\n1e5\n9223372036854775808\n\"3\"\n\"\"\nx\n+1\n.5\n0\n-0.25\n",
                      "SELECT v, typeof(v) FROM t");
  require_kind(f, kind::succeeded);
  CHECK(f.result["rows"] == json::parse(R"([[1,"integer"],[-5,"integer"],[1.5,"real"],["007","text"],["1e5","text"],
    ["9223372036854775808","text"],["3","text"],["","text"],["x","text"],["+1","text"],[".5","text"],[0,"integer"],
    [-0.25,"real"]])"));
  CHECK(load("b.csv", "a,b\n,\"\"\n", "SELECT typeof(a), typeof(b) FROM t").result["rows"] ==
        json::array({{"null", "text"}}));
}

TEST_CASE("CSV without a header, with another delimiter, and without rows") {
  const auto f =
    load("a.txt", "1;2\n3;4\n", "SELECT c1 + c2 FROM t", {{"format", "csv"}, {"header", false}, {"delimiter", ";"}});
  CHECK(f.result["rows"] == json::parse("[[3],[7]]"));
  const auto empty = load("a.csv", "a,b\n", "SELECT COUNT(b) FROM t");
  CHECK(empty.result["rows"] == json::parse("[[0]]"));
  require_kind(load("a.csv", "", "SELECT COUNT(*) FROM t"), kind::succeeded);
  CHECK(load("a.csv", "Na me,select\n1,2\n", R"(SELECT "Na me", "select" FROM t)").result["rows"] ==
        json::parse("[[1,2]]"));
}

TEST_CASE("JSON lines get a column per field, whenever it first comes") {
  const auto f = load("a.jsonl", "{\"a\":1}\n{\"b\":\"x\",\"a\":true}\n{\"c\":null,\"d\":{\"e\":[1.5]}}\n");
  require_kind(f, kind::succeeded);
  CHECK(f.result["columns"] == json{"a", "b", "c", "d"});
  CHECK(f.result["rows"] == json::parse(R"([[1,null,null,null],[1,"x",null,null],[null,null,null,"{\"e\":[1.5]}"]])"));
  CHECK(load("a.ndjson", "{\"n\":18446744073709551615}\n", "SELECT typeof(n) FROM t").result["rows"][0][0] == "real");
}

TEST_CASE("input that is not what it should be is a final failure with its line") {
  const auto [file, text, code, words] = GENERATE(table<const char*, std::string, const char*, const char*>({
    {"a.csv", "a,b\n1,2\n1,2,3\n", "DATA_BAD_CSV", "line 3 has 3 fields, the first one has 2"},
    {"a.csv", "a,b\n1\n", "DATA_BAD_CSV", "line 2 has 1 fields"},
    {"a.csv", "a\n\"x\n", "DATA_BAD_CSV", "line 2, column 1: the closing quote is missing"},
    {"a.csv", "a,A\n", "DATA_BAD_CSV", "line 1, column 2"},
    {"a.csv", "a,\n", "DATA_BAD_CSV", "line 1, column 2: the column has no name"},
    {"a.csv", "a\n\xFF\n", "DATA_BAD_CSV", "line 2, column 1: not UTF-8"},
    {"a.jsonl", "{\"a\":1}\n{\"a\":\n", "DATA_BAD_JSON", "line 2, byte"},
    {"a.jsonl", "{\"a\":1}\n[1]\n", "DATA_BAD_JSON", "line 2: not a JSON object"},
    {"a.jsonl", "{}\n", "DATA_BAD_JSON", "line 1: an object without fields"},
    {"a.jsonl", "{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}", "DATA_BAD_JSON", "line 1: nested"},
  }));
  CAPTURE(text);
  const auto f = load(file, text);
  require_kind(f, kind::failed_final, code);
  CHECK_THAT(f.outcome.message, Catch::Contains(words) && Catch::Contains(file));
}

TEST_CASE("inputs are checked before they are read") {
  const temporary_directory in;
  const auto a = in.write("a.csv", "a\n1\n");
  const auto h = make_data_processing({}, {{in.path()}, {}});
  const auto with = [&](const json& inputs) { return run(*h, {{"inputs", inputs}, {"sql", "SELECT 1"}}); };
  require_kind(with(json::array({{{"name", "t"}, {"path", a}}, {{"name", "T"}, {"path", a}}})), kind::failed_final,
               "DATA_INPUTS");
  require_kind(with(json::array({{{"name", "sqlite_x"}, {"path", a}}})), kind::failed_final, "DATA_INPUTS");
  require_kind(with(json::array({{{"name", "t"}, {"path", in.write("a.txt", "")}}})), kind::failed_final,
               "DATA_FORMAT");
  require_kind(with(json::array({{{"name", "t"}, {"path", "/etc/passwd"}, {"format", "csv"}}})), kind::failed_final,
               "FILE_NOT_ALLOWED");
  require_kind(with(json::array({{{"name", "t"}, {"path", in.path("missing.csv")}}})), kind::failed_final,
               "FILE_NOT_FOUND");
  data_settings small;
  small.input_bytes_max = 3;
  const auto f = load("a.csv", "a\n1\n", "SELECT 1", json::object(), small);
  require_kind(f, kind::failed_final, "DATA_TOO_LARGE");
  CHECK_THAT(f.outcome.message, Catch::Contains("handlers.data.input_bytes_max"));
  require_kind(run(*h, {{"inputs", json::array({{{"name", "t"}, {"path", a}}})},
                        {"sql", "SELECT 1"},
                        {"output", {{"path", "/tmp/x.csv"}}}}),
               kind::failed_final, "FILE_NOT_ALLOWED");
}
