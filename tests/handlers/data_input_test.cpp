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

TEST_CASE("an input is read in the encoding that it is in") {
  using namespace std::string_literals;
  const auto rows = [](const char* file, const std::string& text, const json& more) {
    CAPTURE(file, more);
    const auto f = load(file, text, "SELECT a, b FROM t", more);
    require_kind(f, kind::succeeded);
    return f.result["rows"];
  };
  const auto utf16 = [](const std::string& ascii, bool big) {
    std::string out;
    for (const char c : ascii) {
      // The sign for the euro, and a character beyond the basic plane, which takes two units.
      const std::u16string units = c == '$' ? u"\u20AC" : c == '#' ? u"\U0001F600" : std::u16string(1, c);
      for (const char16_t u : units) {
        const char high = static_cast<char>(u >> 8), low = static_cast<char>(u & 0xFF);
        out += big ? std::string{high, low} : std::string{low, high};
      }
    }
    return out;
  };
  const std::string csv = "a,b\r\n$,\"#\"\r\n";
  const auto wanted = json::array({{"\u20AC", "\U0001F600"}});
  // By the mark that Excel writes, without being told.
  CHECK(rows("a.csv", "\xFF\xFE" + utf16(csv, false), json::object()) == wanted);
  CHECK(rows("a.csv", "\xFE\xFF" + utf16(csv, true), json::object()) == wanted);
  CHECK(rows("a.csv",
             "\xEF\xBB\xBF"
             "a,b\n\u20AC,\U0001F600\n",
             json::object()) == wanted);
  CHECK(rows("a.jsonl", "\xFF\xFE" + utf16("{\"a\":\"$\",\"b\":\"#\"}\n", false), json::object()) == wanted);
  CHECK(rows("a.jsonl", "\xEF\xBB\xBF{\"a\":\"\u20AC\",\"b\":\"\U0001F600\"}\n", json::object()) == wanted);
  // As told, with a mark or without.
  for (const auto* mark : {"", "\xFF\xFE"}) {
    CHECK(rows("a.csv", mark + utf16(csv, false), {{"encoding", "utf-16le"}}) == wanted);
    CHECK(rows("a.csv", mark + utf16(csv, false), {{"encoding", "utf-16"}}) == wanted);
  }
  CHECK(rows("a.csv", "\xFE\xFF" + utf16(csv, true), {{"encoding", "utf-16"}}) == wanted);
  CHECK(rows("a.csv", utf16(csv, true), {{"encoding", "utf-16be"}}) == wanted);
  CHECK(rows("a.csv", "a;b\n\x80;\xFC\n", {{"encoding", "windows-1252"}, {"delimiter", ";"}}) ==
        json::array({{"\u20AC", "\u00FC"}}));
  CHECK(rows("a.csv", "a,b\n\xA4,\xFC\n", {{"encoding", "iso-8859-1"}}) == json::array({{"\u00A4", "\u00FC"}}));
  CHECK(rows("a.csv", "a,b\n\xA4,\xFC\n", {{"encoding", "iso-8859-15"}}) == json::array({{"\u20AC", "\u00FC"}}));
  CHECK(rows("a.csv", "a,b\n\u20AC,\u00FC\n", {{"encoding", "utf-8"}}) == json::array({{"\u20AC", "\u00FC"}}));
  // An input that is shorter than a mark.
  require_kind(load("a.csv", "a", "SELECT * FROM t"), kind::succeeded);
  require_kind(load("a.csv", "\xFF\xFE", "SELECT * FROM t"), kind::succeeded);
}

TEST_CASE("a large input keeps its characters whole at the edges of what is read at once") {
  std::string text = "a\r\n", utf16 = "\xFF\xFE";
  for (int i = 0; i < 200'000; ++i)
    text += "\U0001F600\r\n";
  for (const char c : std::string{"a\r\n"})
    utf16 += {c, '\0'};
  for (int i = 0; i < 200'000; ++i)
    utf16 += std::string{"\x3D\xD8\x00\xDE\r\0\n\0", 8};
  const auto* sql = "SELECT COUNT(*), COUNT(DISTINCT a), MIN(a) FROM t";
  const auto wanted = json::array({{200'000, 1, "\U0001F600"}});
  CHECK(load("a.csv", text, sql).result["rows"] == wanted);
  CHECK(load("a.csv", utf16, sql).result["rows"] == wanted);
}

TEST_CASE("bytes that are not in the input's encoding name the setting and what it may be") {
  using namespace std::string_literals;
  const auto [file, text, more, words] = GENERATE(table<const char*, std::string, json, const char*>({
    {"a.csv", "a\nx\n\xFC\n", json::object(), "line 3, column 1: not UTF-8"},
    {"a.csv", "a\nx\n\xFC\n", json{{"encoding", "utf-8"}}, "line 3, column 1: not UTF-8"},
    {"a.jsonl", "{\"a\":1}\n{\"a\":\"\xFC\"}\n", json::object(), "line 2: not UTF-8"},
    {"a.csv", "a\n\x81\n", json{{"encoding", "windows-1252"}}, "line 2: not windows-1252"},
    {"a.csv",
     "\xFF\xFE"
     "a\0\n\0\x00\xDC\n\0"s,
     json::object(), "line 2: not utf-16le"},
    {"a.csv", "a\0\n\0b\0\n\0c"s, json{{"encoding", "utf-16le"}}, "line 3: not utf-16le"},
    {"a.jsonl", "{\0\n"s, json{{"encoding", "utf-16le"}}, "line 1: not utf-16le"},
  }));
  CAPTURE(text);
  const auto f = load(file, text, "SELECT * FROM t", more);
  require_kind(f, kind::failed_final, "DATA_ENCODING");
  CHECK_THAT(f.outcome.message, Catch::Contains(words) && Catch::Contains("payload.inputs[0].encoding") &&
                                  Catch::Contains("windows-1252") && Catch::Contains("utf-16le") &&
                                  Catch::Contains(file));
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
