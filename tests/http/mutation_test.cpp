#include "http/api/response.hpp"
#include "tests/http/fake_backend.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <random>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string seed_job =
  R"({"jobType":"email_send","priority":9,"payload":{"to":"a@b.c","n":[1,{"x":2.5e3}],"é":null},)"
  R"("scheduleAt":"2026-01-15T12:30:00.5+01:00","retryCount":2,"timeout":0.25,)"
  R"("dependencies":["job_01h8xgq2m4k7c",{"id":"job_01h8xgq2m4k7d","on":"failure"}],"queue":"mail","tags":["x","y"],"idempotencyKey":"k",)"
  R"("retryPolicy":{"kind":"linear","baseSeconds":2,"jitter":false},"durability":"os"})";

const std::vector<std::string> splices{"{",          "}",
                                       "[",          "]",
                                       ",",          ":",
                                       "\"",         "\\u0000",
                                       "\\ud800",    "\xFF",
                                       "null",       "1e400",
                                       "-0",         "true",
                                       "\"#0\"",     "\n",
                                       "-1",         "99999999999999999999",
                                       "[[[[",       "]]]]",
                                       "{}",         "\xC3",
                                       "\"jobs\":[", "\"payload\":",
                                       "0.1",        std::string(1, '\0')};

std::string mutate(std::string text, std::mt19937_64& random) {
  const auto at = [&](size_t n) { return static_cast<size_t>(random() % n); };
  for (auto edits = 1 + at(4); edits > 0 && !text.empty(); --edits) {
    const auto place = at(text.size());
    switch (at(5)) {
    case 0:
      text[place] = static_cast<char>(random());
      break;
    case 1:
      text.erase(place, 1 + at(8));
      break;
    case 2:
      text.insert(place, splices[at(splices.size())]);
      break;
    case 3:
      text.insert(place, text.substr(at(text.size()), 1 + at(20)));
      break;
    default:
      text.resize(place);
    }
  }
  return text;
}

} // namespace

TEST_CASE("whatever bytes come, the answer is 2xx or 4xx and JSON", "[mutation]") {
  const auto seed = seed_of_run();
  std::mt19937_64 random{seed};
  const std::vector<std::string> seeds{"[" + seed_job + "," + seed_job + "]",
                                       R"({"atomic":true,"jobs":[)" + seed_job + "]}",
                                       seed_job + "\n" + seed_job + "\n"};
  direct d;
  size_t good = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto which = random() % 4;
    const auto body = mutate(which == 3 ? seed_job : seeds[which], random);
    const auto r = which == 3   ? d.submit(body)
                   : which == 2 ? d.call(http_method::post, "/api/jobs/batch", body, "application/x-ndjson")
                                : d.batch(body);
    const auto text = r.failure ? error_body(*r.failure, "id") : r.body;
    if (r.status / 100 == 2)
      ++good;
    if ((r.status / 100 != 2 && r.status / 100 != 4) || !nlohmann::json::accept(text)) {
      CAPTURE(seed, i, body, r.status, text);
      FAIL("a mutation was not answered as it should");
    }
    // What is accepted as a payload is valid JSON by itself: it is spliced into answers as it is.
    for (const auto& s : d.back.submits)
      for (const auto& j : s.jobs)
        if (!nlohmann::json::accept(j.payload.view())) {
          CAPTURE(seed, i, body, std::string{j.payload.view()});
          FAIL("an accepted payload is no JSON");
        }
    d.back.submits.clear();
  }
  // Were every mutation refused, the test would look at error paths only.
  CHECK(good > 500);
}

TEST_CASE("whatever schedule comes, the answer is 2xx or 4xx and JSON", "[mutation]") {
  const auto seed = seed_of_run();
  std::mt19937_64 random{seed};
  const std::string job = R"({"jobType":"email_send","payload":{"to":"a@b.c","n":[1,{"x":2.5e3}]},"tags":["x"]})";
  const std::vector<std::string> seeds{
    R"({"name":"a","cron":"0 30 2 L-3,15W * MON#2","timeZone":"Europe/Berlin","jitter":1,"job":)" + job + "}",
    R"({"job":)" + job + R"(,"name":"b","every":0.9e2,"anchor":"0001-01-01T00:00:00Z","catchUp":"all","catchUpMax":9})",
    R"({"name":"c","at":"9999-12-31T23:59:59Z","endAt":"9999-12-31T23:59:60Z","overlap":"skip","job":)" + job + "}"};
  direct d;
  for (const auto& s : seeds)
    CHECK(d.call(http_method::post, "/api/schedules", s).status == 201);
  size_t good = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto body = mutate(seeds[random() % seeds.size()], random);
    const bool preview = random() % 2 == 0;
    const auto r = d.call(http_method::post, preview ? "/api/schedules/preview" : "/api/schedules", body);
    const auto text = r.failure ? error_body(*r.failure, "id") : r.body;
    if (r.status / 100 == 2)
      ++good;
    const auto payload = d.back.last_definition.job.payload;
    if ((r.status / 100 != 2 && r.status / 100 != 4) || !nlohmann::json::accept(text) ||
        (!payload.empty() && !nlohmann::json::accept(payload.view()))) {
      CAPTURE(seed, i, body, r.status, text);
      FAIL("a mutation was not answered as it should");
    }
  }
  CHECK(good > 20);
}

TEST_CASE("whatever limits come, the answer is 2xx or 4xx and JSON, and what is accepted can be a rule", "[mutation]") {
  const auto seed = seed_of_run();
  std::mt19937_64 random{seed};
  const std::vector<std::string> seeds{
    R"({"paused":true,"concurrency":10,"rate":{"jobs":100,"per":0.6e2,"burst":20},"weight":3})",
    R"({"rate":null,"concurrency":null})", R"({"rate":{"per":31622400,"jobs":1}})"};
  direct d;
  size_t good = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto body = mutate(seeds[random() % seeds.size()], random);
    const auto r = d.call(http_method::put, random() % 2 == 0 ? "/api/queues/x" : "/api/types/x", body);
    const auto text = r.failure ? error_body(*r.failure, "id") : r.body;
    if (r.status / 100 == 2)
      ++good;
    const auto stored = parse_limit_rule(to_text(d.back.last_rule));
    if ((r.status / 100 != 2 && r.status / 100 != 4) || !nlohmann::json::accept(text) || !stored ||
        *stored != d.back.last_rule) {
      CAPTURE(seed, i, body, r.status, text);
      FAIL("a mutation was not answered as it should");
    }
  }
  CHECK(good > 10);
}

TEST_CASE("whatever target comes, routing answers", "[mutation]") {
  std::mt19937_64 random{seed_of_run()};
  const std::vector<std::string> targets{
    "/api/jobs?status=queued,failed&limit=10&from=2026-01-15T10:30:00Z&include=payload",
    "/api/jobs/job_01h8xgq2m4k7c/history",
    "/api/workers/a%20b/status",
    "/api/schedules?cursor=a&limit=5",
    "/api/schedules/a.b/history",
    "/api/queues?cursor=a%2Fb&limit=5",
    "/api/queues/a%2Fb%20c",
    "/api/types/a.b"};
  direct d;
  for (int i = 0; i < 20'000; ++i) {
    const auto target = mutate(targets[random() % targets.size()], random);
    const auto r = d.call(http_method::get, target);
    if (r.status / 100 != 2 && r.status / 100 != 4) {
      CAPTURE(i, target, r.status);
      FAIL("a target was not answered as it should");
    }
  }
  CHECK(d.back.calls() > 0);
}
