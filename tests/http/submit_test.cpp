#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE("a job of one field has the defaults", "[submit]") {
  direct d;
  const auto r = d.submit(R"({"jobType":"noop"})");
  REQUIRE(r.status == 201);
  const auto& s = d.back.submits.at(0).jobs.at(0);
  CHECK(s.type == "noop");
  CHECK(s.queue == "default");
  CHECK(s.priority == 5);
  CHECK(s.max_retries == 3);
  CHECK(s.timeout == 300s);
  CHECK(s.payload.view() == "{}");
  CHECK(s.level == durability::fsync);
  CHECK(s.retry == retry_policy{});
  CHECK(s.resources.is_plain());
  CHECK_FALSE(s.schedule_at);
  CHECK_FALSE(s.deadline);
  const auto a = nlohmann::json::parse(r.body);
  CHECK(a == nlohmann::json{{"jobID", to_string(some_id())},
                            {"status", "queued"},
                            {"priority", 5},
                            {"createdAt", "2026-01-15T10:30:00.000Z"},
                            {"scheduledAt", "2026-01-15T10:30:00.000Z"},
                            {"estimatedExecutionTime", "2026-01-15T10:30:05.000Z"},
                            {"durability", "fsync"}});
}

TEST_CASE("every field of a job arrives", "[submit]") {
  direct d;
  const auto r = d.submit(R"({"priority":9,"payload":{"to":"a@b.c", "n":[1, {"x":2.50}]},"jobType":"email_send",
    "scheduleAt":"2026-01-15T12:30:00.5+01:00","retryCount":0,"timeout":0.25,"deadline":"2026-01-16T00:00:00Z",
    "dependencies":[")" + to_string(some_id(7)) +
                          R"("],"queue":"mail","tags":["x","y"],"idempotencyKey":"k",
    "retryPolicy":{"kind":"linear","baseSeconds":2,"capSeconds":30.5,"jitter":false,"memoryGrowthPercent":150,
    "memoryGrowthMax":"16GiB"},"durability":"memory","resources":{"labels":{"zone":"eu","disk":"ssd"},"slots":3,"gpu":2,
    "cpu":0.125,"memory":"512MiB","fpga":1,"tape":0}})");
  REQUIRE(r.status == 201);
  const auto& s = d.back.submits.at(0).jobs.at(0);
  CHECK(s.type == "email_send");
  CHECK(s.priority == 9);
  CHECK(s.payload.view() == R"({"to":"a@b.c", "n":[1, {"x":2.50}]})"); // byte for byte
  CHECK(s.schedule_at == noon() + 1h + 500ms);
  CHECK(s.deadline == noon() + 13h + 30min);
  CHECK(s.max_retries == 0);
  CHECK(s.timeout == 250ms);
  CHECK(s.dependencies == std::vector<dependency>{some_id(7)});
  CHECK(s.rule == dependency_rule::all);
  CHECK(s.queue == "mail");
  CHECK(s.tags == std::vector<std::string>{"x", "y"});
  CHECK(s.idempotency_key == "k");
  CHECK(s.retry == retry_policy{backoff::linear, 2s, 30'500ms, false, 150, uint64_t{16} << 30});
  CHECK(s.resources ==
        resource_request{3, 125, uint64_t{512} << 20, {{"fpga", 1}, {"gpu", 2}}, {{"disk", "ssd"}, {"zone", "eu"}}});
  CHECK(s.level == durability::memory);
}

TEST_CASE("resources at their bounds", "[submit]") {
  direct d;
  const auto read = [&](const std::string& resources) {
    const auto r = d.submit(R"({"jobType":"noop","resources":)" + resources + "}");
    INFO(resources << " " << r.body);
    REQUIRE(r.status == 201);
    return d.back.submits.back().jobs.at(0).resources;
  };
  CHECK(read("{}").is_plain());
  CHECK(read(R"({"slots":1,"cpu":0,"memory":0,"labels":{}})").is_plain());
  CHECK(read(R"({"slots":1024})").slots == 1024);
  CHECK(read(R"({"cpu":1000000})").cpu_milli == 1'000'000'000);
  CHECK(read(R"({"cpu":999999.999})").cpu_milli == 999'999'999);
  CHECK(read(R"({"memory":18446744073709551615})").memory_bytes == UINT64_MAX);
  CHECK(read(R"({"memory":"16G"})").memory_bytes == uint64_t{16} << 30);
  CHECK(read(R"({"gpu":4294967295})").named.at(0).second == UINT32_MAX);
  CHECK(read(R"({"labels":{"zone":""}})").labels.at(0).second.empty());
  std::string sixteen;
  for (char c = 'a'; c < 'a' + 16; ++c)
    sixteen += (sixteen.empty() ? "{\"" : ",\"") + std::string{c} + "\":1";
  CHECK(read(sixteen + "}").named.size() == 16);
  for (uint32_t milli = 0; milli < 2000; ++milli) {
    const auto text = std::to_string(milli / 1000) + "." + std::to_string(1000 + milli % 1000).substr(1);
    if (read("{\"cpu\":" + text + "}").cpu_milli != milli)
      FAIL(text);
  }
  d.a.jobs.request_slots_max = 4;
  CHECK(field_of(d.submit(R"({"jobType":"noop","resources":{"slots":5}})")) == "resources.slots");
}

TEST_CASE("a payload is any JSON value, kept as it came", "[submit]") {
  for (const std::string payload :
       {"null", "true", "-1.5E+3", "\"text \\u00e9\"", "[ ]", "{ \"a\" : 1, \"a\" : 2 }", "0"}) {
    CAPTURE(payload);
    direct d;
    CHECK(d.submit(R"({"payload": )" + payload + R"(,"jobType":"noop"})").status == 201);
    CHECK(d.back.submits.at(0).jobs.at(0).payload.view() == payload);
    CHECK(d.submit(R"({"jobType":"noop","payload":)" + payload + "}").status == 201);
    CHECK(d.back.submits.at(1).jobs.at(0).payload.view() == payload);
  }
}

TEST_CASE("maxRetries is another name of retryCount", "[submit]") {
  direct d;
  CHECK(d.submit(R"({"jobType":"noop","maxRetries":100})").status == 201);
  CHECK(d.back.submits.at(0).jobs.at(0).max_retries == 100);
}

TEST_CASE("the Idempotency-Key header counts when the body has none", "[submit]") {
  direct d;
  const auto send = [&](std::string body, std::string key) {
    return d.call(http_method::post, "/api/jobs/submit", std::move(body), "application/json", std::move(key));
  };
  CHECK(send(R"({"jobType":"noop"})", "from-header").status == 201);
  CHECK(d.back.submits.at(0).jobs.at(0).idempotency_key == "from-header");
  CHECK(send(R"({"jobType":"noop","idempotencyKey":"from-body"})", "from-header").status == 201);
  CHECK(d.back.submits.at(1).jobs.at(0).idempotency_key == "from-body");
  const auto r = send(R"({"jobType":"noop"})", std::string(200, 'k'));
  CHECK(r.status == 400);
  CHECK(field_of(r) == "Idempotency-Key");
}

TEST_CASE("a duplicate is told as one, with 200", "[submit]") {
  direct d;
  d.back.duplicate = true;
  const auto r = d.submit(R"({"jobType":"noop","idempotencyKey":"k"})");
  CHECK(r.status == 200);
  CHECK(nlohmann::json::parse(r.body)["duplicate"] == true);
}

TEST_CASE("errors of the scheduler reach the client with their status", "[submit]") {
  for (const auto code : {ec::queue_full, ec::overloaded, ec::storage_unavailable, ec::unknown_dependency,
                          ec::idempotency_conflict, ec::unique_conflict, ec::shutting_down, ec::starting}) {
    direct d;
    d.back.fail_jobs = {error{code, "why", "where"}};
    const auto r = d.submit(R"({"jobType":"noop"})");
    CHECK(r.status == http_status(code));
    CHECK(code_of(r) == to_string(code));
    d.back.fail_jobs.clear();
    d.back.fail_with = error{code, "why"};
    CHECK(d.submit(R"({"jobType":"noop"})").status == http_status(code));
  }
}

TEST_CASE("limits of the settings are the limits of the fields", "[submit]") {
  direct d;
  const auto with = [&](const std::string& fields) { return d.submit(R"({"jobType":"noop",)" + fields + "}"); };
  std::string tags;
  for (uint32_t i = 0; i < d.a.jobs.tags_max; ++i)
    tags += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
  CHECK(with("\"tags\":[" + tags + "]").status == 201);
  CHECK(code_of(with("\"tags\":[" + tags + ",\"one more\"]")) == "out_of_range");
  std::string ids;
  for (uint32_t i = 1; i <= d.a.jobs.dependencies_max; ++i)
    ids += (i == 1 ? "\"" : ",\"") + to_string(some_id(i)) + "\"";
  CHECK(with("\"dependencies\":[" + ids + "]").status == 201);
  CHECK(code_of(with("\"dependencies\":[" + ids + ",\"" + to_string(some_id(5000)) + "\"]")) == "out_of_range");
  const auto object = [](uint64_t n) { return ",{\"on\":\"started\",\"id\":\"" + to_string(some_id(n)) + "\"}"; };
  ids = ids.substr(0, ids.rfind(','));
  CHECK(with("\"dependencies\":[" + ids + object(5000) + "]").status == 201);
  CHECK(code_of(with("\"dependencies\":[" + ids + object(5000) + object(5001) + "]")) == "out_of_range");
  const std::string large(d.a.jobs.payload_bytes_max - 2, 'x');
  CHECK(with("\"payload\":\"" + large + "\"").status == 201);
  const auto r = with("\"payload\":\"" + large + "y\"");
  CHECK(r.status == 413);
  CHECK(field_of(r) == "payload");
  CHECK(with("\"timeout\":86400").status == 201);
  CHECK(with("\"timeout\":86400.000001").status == 400);
  CHECK(with("\"queue\":\"" + std::string(128, 'q') + "\"").status == 201);
  CHECK(with("\"queue\":\"" + std::string(129, 'q') + "\"").status == 400);
  // The grace for clocks that differ.
  CHECK(with("\"scheduleAt\":\"2026-01-15T10:29:00Z\"").status == 201);
  CHECK(code_of(with("\"scheduleAt\":\"2026-01-15T10:28:59.999Z\"")) == "time_in_past");
}

TEST_CASE("a job type that comes while the server runs is accepted from then on") {
  direct d;
  CHECK(code_of(d.submit(R"({"jobType":"thumbnail"})")) == "unknown_job_type");
  d.types.extra = "thumbnail";
  CHECK(d.submit(R"({"jobType":"thumbnail"})").status == 201);
  const auto other = d.submit(R"({"jobType":"thumbnails"})");
  CHECK(code_of(other) == "unknown_job_type");
  CHECK(other.failure->message.find("noop, email_send, thumbnail") != std::string::npos);
}
