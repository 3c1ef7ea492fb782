#include "tests/handlers/handler_run.hpp"

#include <sys/stat.h>

#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

namespace {

struct lab {
  temporary_directory in, out;
  data_settings data;

  std::shared_ptr<handler> processor() const {
    return make_data_processing(data, {{in.path()}, {out.path()}});
  }
  json input(const std::string& name, const std::string& file, const std::string& text) const {
    return {{"name", name}, {"path", in.write(file, text)}};
  }
  finished query(const json& inputs, const std::string& sql, const json& more = json::object()) const {
    json p{{"inputs", inputs}, {"sql", sql}};
    p.update(more);
    return run(*processor(), p);
  }
};

const std::string orders = "customer,amount,note\nAda,10.5,\nGrace,400,\"said \"\"hi\"\"\"\nAda,2,x\n";

} // namespace

TEST_CASE("data_processing answers a query over CSV") {
  const lab l;
  const auto f = l.query(json::array({l.input("orders", "o.csv", orders)}),
                         "SELECT customer, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY 1 ORDER BY total");
  require_kind(f, kind::succeeded);
  CHECK(f.result["columns"] == json{"customer", "n", "total"});
  CHECK(f.result["rows"] == json{{"Ada", 2, 12.5}, {"Grace", 1, 400}});
  CHECK(f.result["rowCount"] == 2);
  CHECK(f.result["truncated"] == false);
  CHECK(f.result["inputRows"] == json{{"orders", 3}});
}

TEST_CASE("data_processing joins formats and writes a file") {
  const lab l;
  const json inputs{l.input("orders", "o.csv", orders),
                    l.input("people", "p.jsonl", "{\"name\":\"Ada\",\"born\":1815}\n\n{\"name\":\"Grace\",\"x\":[1]}")};
  const auto* sql = "SELECT name, born, x, note FROM people JOIN orders ON name = customer ORDER BY name, amount";
  const auto csv = l.query(inputs, sql, {{"output", {{"path", l.out.path("r.csv")}}}});
  require_kind(csv, kind::succeeded);
  const std::string expected = "name,born,x,note\nAda,1815,,x\nAda,1815,,\nGrace,,[1],\"said \"\"hi\"\"\"\n";
  CHECK(l.out.read("r.csv") == expected);
  CHECK(csv.result["rowCount"] == 3);
  CHECK(csv.result["bytes"] == expected.size());
  CHECK(csv.result["output"] == l.out.path("r.csv"));
  CHECK_FALSE(csv.result.contains("rows"));
  const auto lines = l.query(inputs, sql, {{"output", {{"path", l.out.path("r.txt")}, {"format", "jsonl"}}}});
  require_kind(lines, kind::succeeded);
  CHECK(l.out.read("r.txt") == R"({"name":"Ada","born":1815,"x":null,"note":"x"}
{"name":"Ada","born":1815,"x":null,"note":null}
{"name":"Grace","born":null,"x":"[1]","note":"said \"hi\""}
)");
  CHECK(l.out.names().size() == 2);
}

TEST_CASE("data_processing takes parameters") {
  const lab l;
  const auto in = json::array({l.input("o", "o.csv", orders)});
  const auto* sql = "SELECT COUNT(*) FROM o WHERE amount > ? AND customer <> ?";
  CHECK(l.query(in, sql, {{"params", {3, "Grace"}}}).result["rows"] == json::array({{1}}));
  CHECK(l.query(in, "SELECT :a, :b, :c", {{"params", {{"a", nullptr}, {"b", 1.5}, {"c", true}}}}).result["rows"] ==
        json::array({{nullptr, 1.5, 1}}));
  require_kind(l.query(in, sql, {{"params", {3}}}), kind::failed_final, "DATA_PARAMS");
  require_kind(l.query(in, sql), kind::failed_final, "DATA_PARAMS");
  require_kind(l.query(in, "SELECT :a", {{"params", {{"b", 1}}}}), kind::failed_final, "DATA_PARAMS");
  require_kind(l.query(in, "SELECT :a", {{"params", {{"a", 1}, {"b", 1}}}}), kind::failed_final, "DATA_PARAMS");
}

TEST_CASE("data_processing lets a query do nothing but read its inputs") {
  const lab l;
  const auto in = json::array({l.input("o", "o.csv", orders)});
  const auto other = l.in.path("other.db");
  const std::vector<std::string> refused{
    "ATTACH '" + other + "' AS x",
    "PRAGMA cache_size",
    "SELECT * FROM pragma_database_list",
    "DELETE FROM o",
    "INSERT INTO o VALUES (1,2,3)",
    "CREATE TABLE t(a)",
    "DROP TABLE o",
    "VACUUM INTO '" + other + "'",
    "SELECT load_extension('x')",
    "BEGIN",
    "CREATE TEMP TRIGGER t AFTER INSERT ON o BEGIN SELECT 1; END",
    "SELECT 1; SELECT 2",
    "WITH a AS (SELECT 1) UPDATE o SET note = 1",
  };
  for (const auto& sql : refused) {
    const auto f = l.query(in, sql);
    CAPTURE(sql, f.outcome.message);
    CHECK(f.kind() == kind::failed_final);
    CHECK_THAT(f.outcome.code, Catch::StartsWith("DATA_SQL_"));
  }
  CHECK(l.in.names() == std::vector<std::string>{"o.csv"});
}

TEST_CASE("data_processing explains a query that does not work") {
  const lab l;
  const auto in = json::array({l.input("o", "o.csv", orders)});
  const auto f = l.query(in, "SELECT bogus FROM o");
  require_kind(f, kind::failed_final, "DATA_SQL_ERROR");
  CHECK_THAT(f.outcome.message, Catch::Contains("no such column: bogus"));
  require_kind(l.query(in, " -- only a comment"), kind::failed_final, "DATA_SQL_ERROR");
  require_kind(l.query(in, "SELECT 1; -- the end"), kind::succeeded);
  require_kind(l.query(in, "WITH a(n) AS (SELECT 1) SELECT n FROM a"), kind::succeeded);
  require_kind(l.query(in, "VALUES (1), (2)"), kind::succeeded);
  require_kind(l.query(in, "SELECT 1 AS a, 2 AS a", {{"output", {{"path", l.out.path("x.jsonl")}}}}),
               kind::failed_final, "DATA_COLUMNS");
  CHECK(l.out.names().empty());
}

TEST_CASE("data_processing bounds the rows of a result") {
  const lab l;
  const auto in = json::array({l.input("o", "o.csv", orders)});
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ";
  const auto at_bound = l.query(in, numbers + "1000) SELECT i FROM n");
  CHECK(at_bound.result["rowCount"] == 1000);
  CHECK(at_bound.result["truncated"] == false);
  const auto beyond = l.query(in, numbers + "1001) SELECT i FROM n");
  CHECK(beyond.result["rowCount"] == 1000);
  CHECK(beyond.result["truncated"] == true);
  const auto wide = l.query(in, numbers + "900) SELECT hex(zeroblob(1000)) FROM n");
  CHECK(wide.result["truncated"] == true);
  CHECK(wide.result["rowCount"] == (512 << 10) / 2004);
  require_kind(l.query(in, "SELECT zeroblob(1000000000)"), kind::failed_final, "DATA_SQL_ERROR");
}

TEST_CASE("data_processing stops in the middle of a query, and leaves no file") {
  const lab l;
  const json p{
    {"inputs", json::array({l.input("o", "o.csv", orders)})},
    {"sql", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"},
    {"output", {{"path", l.out.path("r.csv")}}},
  };
  const auto h = l.processor();
  recording_context ctx;
  std::jthread canceller;
  ctx.on_progress = [&] {
    // The second report: the inputs are read, the query runs next.
    if (ctx.percents.back() == 90 && ctx.percents.size() == 2)
      canceller = std::jthread{[&] { ctx.token().cancel(cancel_token::reason::cancelled); }};
  };
  require_kind(run(*h, p, ctx), kind::cancelled, "CANCELLED");
  canceller.join();
  recording_context late;
  late.ends = std::chrono::steady_clock::now() + 50ms;
  require_kind(run(*h, p, late), kind::timed_out, "TIMEOUT");
  CHECK(l.out.names().empty());
}

TEST_CASE("data_processing goes to disk beyond its memory") {
  lab l;
  l.data.memory_bytes_max = 1 << 20;
  std::string rows = "a\n";
  for (int i = 0; i < 100'000; ++i)
    rows += std::to_string((i * 7919) % 100'003) + " padding padding padding\n";
  const auto f = l.query(json::array({l.input("t", "t.csv", rows)}),
                         "SELECT COUNT(DISTINCT a), MIN(a) FROM (SELECT a FROM t ORDER BY a)");
  require_kind(f, kind::succeeded);
  CHECK(f.result["rows"][0][0] == 100'000);
}
