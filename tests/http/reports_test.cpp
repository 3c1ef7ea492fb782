// The routes of reports and of the export, by the router.
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr report_day today{std::chrono::year{2026} / 1 / 15}; // of noon()

/// Answers about one row.
struct reported : direct {
  reported() {
    report_row r;
    r.submitted = 12;
    for (int i = 0; i < 10; ++i) {
      metrics_delta::sample s{};
      s.after = i < 9 ? job_state::completed : job_state::failed;
      s.code = i < 9 ? "" : "TIMEOUT";
      s.wait = 2s;
      s.run = 1s;
      s.usage = {500'000, 100u << 20};
      s.asked.cpu_milli = 1000;
      r.add(s, {3600, 0, 0}, report_kind::type);
    }
    back.report_lines.push_back({"a,\"b\"", r});
  }
  http_response get(const std::string& target) {
    return call(http_method::get, target);
  }
  json body(const std::string& target) {
    const auto r = get(target);
    INFO(target << " " << r.body << (r.failure ? r.failure->message : ""));
    REQUIRE(r.status == 200);
    return json::parse(r.body);
  }
  void refused(const std::string& target, const std::string& field, const std::string& code = "invalid_value") {
    const auto r = get(target);
    INFO(target);
    CHECK(r.status == 400);
    CHECK(code_of(r) == code);
    CHECK(field_of(r) == field);
  }
};

std::string header(const http_response& r, std::string_view name) {
  for (const auto& [key, value] : r.headers)
    if (key == name)
      return value;
  return {};
}

} // namespace

TEST_CASE_METHOD(reported, "a report without parameters is of the last 30 days, by day", "[reports]") {
  const auto r = body("/api/reports/jobs");
  CHECK(r["by"] == "day");
  CHECK(r["of"] == "all");
  CHECK(r["name"].is_null());
  CHECK((r["from"] == "2025-12-17" && r["to"] == "2026-01-15"));
  CHECK((back.last_report.from == today - std::chrono::days{29} && back.last_report.to == today));
}

TEST_CASE_METHOD(reported, "a row tells counts, times, usage, cost and codes", "[reports]") {
  const auto r = body("/api/reports/jobs?by=type&from=2026-01-01&to=2026-01-02");
  const auto& row = r["rows"][0];
  CHECK(row["name"] == "a,\"b\"");
  CHECK((row["submitted"] == 12 && row["completed"] == 9 && row["failed"] == 1 && row["cancelled"] == 0));
  CHECK(row["successShare"].get<double>() == Approx(0.9));
  CHECK((row["waitSeconds"]["count"] == 10 && row["waitSeconds"]["max"] == 2));
  CHECK(row["runSeconds"]["p95"].get<double>() == Approx(1).epsilon(sparse_histogram::error_max));
  CHECK((row["usage"]["attempts"] == 10 && row["usage"]["cpuSeconds"] == 5 && row["usage"]["cost"] == 5));
  CHECK((row["usage"]["slotSeconds"] == 10 && row["usage"]["cpuReservedSeconds"] == 10));
  CHECK(row["codes"] == json::parse(R"([{"code":"TIMEOUT","count":1}])"));
  CHECK((r["count"] == 1 && r["leftOut"] == 0 && r["total"]["completed"] == 9));
  CHECK((back.last_report.kind == report_kind::type && back.last_report.name.empty()));
}

TEST_CASE_METHOD(reported, "a report by code has codes and no rows, one by tag no total", "[reports]") {
  back.report_lines[0].name = "TIMEOUT";
  const auto r = body("/api/reports/jobs?by=code&queue=mail");
  CHECK(r["rows"].empty());
  CHECK(r["total"].is_null());
  CHECK(r["codes"] == json::parse(R"([{"code":"TIMEOUT","count":1}])"));
  CHECK((r["of"] == "queue" && r["name"] == "mail"));
  CHECK((back.last_report.kind == report_kind::queue && back.last_report.name == "mail"));
  CHECK(body("/api/reports/jobs?by=tag")["total"].is_null());
}

TEST_CASE_METHOD(reported, "rows beyond the limit are counted", "[reports]") {
  back.report_lines.resize(5);
  const auto r = body("/api/reports/jobs?by=queue&limit=2");
  CHECK((r["rows"].size() == 2 && r["count"] == 2 && r["leftOut"] == 3));
}

TEST_CASE_METHOD(reported, "comma-separated values quote what they must", "[reports]") {
  const auto r = get("/api/reports/jobs?by=type&format=csv");
  CHECK(r.content_type == content_csv);
  CHECK(r.body.starts_with("type,submitted,completed,failed,cancelled,retried,lost,deadlineMissed,successShare,"));
  CHECK(r.body.find("\r\n\"a,\"\"b\"\"\",12,9,1,0,0,0,0,0.9,") != std::string::npos);
  CHECK(r.body.ends_with("\r\n"));
  const auto codes = get("/api/reports/jobs?by=code&format=csv");
  CHECK(codes.body == "code,count\r\n\"a,\"\"b\"\"\",1\r\n");
  const auto uses = get("/api/reports/reservations?format=csv");
  CHECK(uses.body.starts_with("type,resource,attempts,askedMax,measured,"));
}

TEST_CASE_METHOD(reported, "reservations say what is asked for, used and suggested", "[reports]") {
  const auto few = body("/api/reports/reservations");
  CHECK((few["marginPercent"] == 25 && few["attemptsMin"] == 20));
  CHECK(few["types"][0]["cpuMilli"]["suggested"].is_null());
  auto& row = back.report_lines[0].row;
  row.merge(report_row{row});
  const auto r = body("/api/reports/reservations?from=2026-01-01&to=2026-01-02");
  const auto& type = r["types"][0];
  CHECK((type["type"] == "a,\"b\"" && type["attempts"] == 20 && type["attemptsAsking"] == 20));
  CHECK((type["cpuMilli"]["askedMax"] == 1000 && type["cpuMilli"]["suggested"] == 700));
  CHECK(type["memoryBytes"]["measured"] == 20);
  CHECK(type["memoryBytes"]["suggested"].get<uint64_t>() >= (100u << 20));
  CHECK((type["cpuReservedSeconds"] == 20 && type["cpuUsedSeconds"] == 10));
}

TEST_CASE_METHOD(reported, "every wrong parameter of a report is named", "[reports]") {
  refused("/api/reports/jobs?by=month", "by");
  refused("/api/reports/jobs?from=2026-1-1", "from");
  refused("/api/reports/jobs?to=yesterday", "to");
  refused("/api/reports/jobs?from=2026-01-02&to=2026-01-01", "from");
  refused("/api/reports/jobs?from=1990-01-01&to=2026-01-01", "from", "out_of_range");
  refused("/api/reports/jobs?format=xml", "format");
  refused("/api/reports/jobs?limit=0", "limit", "out_of_range");
  refused("/api/reports/jobs?type=", "type", "out_of_range");
  refused("/api/reports/jobs?queue=" + std::string(200, 'q'), "queue", "out_of_range");
  refused("/api/reports/jobs?nothing=1", "nothing", "unknown_field");
  refused("/api/reports/reservations?from=x", "from");
  refused("/api/reports/reservations?format=x", "format");
  refused("/api/reports/reservations?by=type", "by", "unknown_field");
}

TEST_CASE_METHOD(reported, "combinations that are not counted are refused with what is allowed", "[reports]") {
  refused("/api/reports/jobs?type=exec&queue=mail", "queue");
  refused("/api/reports/jobs?by=type&queue=mail", "queue");
  refused("/api/reports/jobs?by=tenant&tag=x", "tag");
  const auto r = get("/api/reports/jobs?by=type&queue=mail");
  REQUIRE(r.failure);
  CHECK(r.failure->message.find("by=day and by=code go with one of them") != std::string::npos);
  CHECK(body("/api/reports/jobs?by=type&type=exec")["name"] == "exec");
  CHECK(body("/api/reports/jobs?by=day&tenant=acme")["of"] == "tenant");
}

TEST_CASE_METHOD(reported, "an export has a line for each job, and says where it goes on", "[reports][export]") {
  auto job = full_job();
  job.state = job_state::failed;
  back.ends.jobs = {job, job};
  back.ends.next = {7, 1, 0, 0};
  const auto r = get("/api/export/jobs?limit=2");
  CHECK(r.status == 200);
  CHECK(r.content_type == content_json_lines);
  CHECK((header(r, "Callboard-Next") == "1.7.1.0.0" && header(r, "Callboard-Complete") == "false"));
  const auto end = r.body.find('\n');
  REQUIRE(r.body.size() == 2 * (end + 1));
  const auto line = json::parse(r.body.substr(0, end));
  CHECK((line["id"] == to_string(job.id) && line["status"] == "failed"));
  CHECK((!line.contains("payload") && !line.contains("result") && !line.contains("log")));
  CHECK_FALSE((back.last_ended.payload || back.last_ended.result));
  CHECK((back.last_ended.limit == 2 && back.last_ended.bytes_max == a.http.list_bytes_max));
  back.ends.complete = true;
  back.ends.jobs.clear();
  const auto last = get("/api/export/jobs?after=1.7.1.0.0");
  CHECK((last.body.empty() && header(last, "Callboard-Complete") == "true"));
  CHECK(back.last_ended.after == ended_cursor{7, 1, 0, 0});
}

TEST_CASE_METHOD(reported, "an export has the filters and the parts that are asked for", "[reports][export]") {
  back.ends.jobs = {full_job()};
  const auto r = get("/api/export/jobs?from=2026-01-15T10:30:00+01:00&type=exec&queue=mail&tag=x&status=cancelled&"
                     "include=payload,result,log");
  REQUIRE(r.status == 200);
  const auto line = json::parse(r.body);
  CHECK(line["payload"]["to"] == "x@example.com");
  CHECK(line["result"] == json::parse("[1,2]"));
  CHECK(line["log"]["lines"].size() == 2);
  const auto& q = back.last_ended;
  CHECK(q.from == noon() - 1h);
  CHECK((q.type == "exec" && q.queue == "mail" && q.tag == "x" && q.state == job_state::cancelled));
  CHECK((q.payload && q.result));
}

TEST_CASE_METHOD(reported, "what a type redacts is in no export", "[reports][export]") {
  back.ends.jobs = {full_job()};
  a.redactions->set("email_send", {"payload.to", "result"});
  const auto r = get("/api/export/jobs?include=payload,result,log");
  REQUIRE(r.status == 200);
  CHECK(r.body.find("x@example.com") == std::string::npos);
  CHECK(r.body.find("[1,2]") == std::string::npos);
}

TEST_CASE_METHOD(reported, "every wrong parameter of an export is named", "[reports][export]") {
  refused("/api/export/jobs?after=job_01h8xgq2m4k7c", "after");
  refused("/api/export/jobs?after=1.0.0.0.0&from=2026-01-15T10:30:00Z", "from");
  refused("/api/export/jobs?from=yesterday", "from");
  refused("/api/export/jobs?status=running", "status", "unknown_status");
  refused("/api/export/jobs?include=payload,history", "include");
  refused("/api/export/jobs?limit=1001", "limit", "out_of_range");
  refused("/api/export/jobs?tag=" + std::string(200, 't'), "tag", "out_of_range");
  refused("/api/export/jobs?key=x", "key", "unknown_field");
  back.fail_with = error{ec::invalid_value, "the cursor is ahead of what this store has seen", "after"};
  refused("/api/export/jobs?after=1.ffff.0.0.0", "after");
}
