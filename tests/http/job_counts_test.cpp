#include "http/api/job_counts.hpp"
#include "http/api/no_backend.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

/// Jobs with the ids 1 to `count`: each tenth failed, the others completed.
class many final : public no_backend {
public:
  void list(list_request r, reply<job_list> done) override {
    job_list page;
    for (auto id = r.below ? r.below->value - 1 : count; id > 0 && page.jobs.size() < r.limit; --id) {
      auto j = std::make_shared<job_record>();
      j->id = job_id{id};
      j->state = id % 10 == 0 ? job_state::failed : job_state::completed;
      page.jobs.push_back(std::move(j));
    }
    if (!page.jobs.empty() && page.jobs.back()->id.value > 1)
      page.next = page.jobs.back()->id;
    last = std::move(r);
    done(std::move(page));
  }
  uint64_t count = 0;
  list_request last;
};

http_response ask(many& back, const std::string& query) {
  const fake_types types;
  const auto a = make_api(back, types);
  const router routes{a, all_routes()};
  http_request request{.method = http_method::get, .target = "/api/jobs/counts" + query};
  std::optional<http_response> later;
  auto match = routes.find(request.method, request.target);
  auto now = routes.run(match, request, responder{[&](responder::maker make) { later = make(); }});
  REQUIRE((now || later));
  return now ? std::move(*now) : std::move(*later);
}

} // namespace

TEST_CASE("jobs are counted by status under a filter", "[jobs]") {
  many back;
  back.count = 1234;
  const auto r = json::parse(ask(back, "?queue=mail&tag=x&status=completed,failed").body);
  CHECK(r == json{{"byStatus",
                   {{"queued", 0},
                    {"scheduled", 0},
                    {"running", 0},
                    {"retrying", 0},
                    {"completed", 1111},
                    {"failed", 123},
                    {"cancelled", 0}}},
                  {"counted", 1234},
                  {"complete", true}});
  CHECK(back.last.queue == "mail");
  CHECK(back.last.tag == "x");
  CHECK(back.last.states == std::vector{job_state::completed, job_state::failed});
}

TEST_CASE("of more jobs than may be looked at it is told that there are more", "[jobs]") {
  many back;
  back.count = jobs_counted_max + 1;
  const auto r = json::parse(ask(back, "").body);
  CHECK(r["counted"] == jobs_counted_max);
  CHECK(r["complete"] == false);
  --back.count;
  CHECK(json::parse(ask(back, "").body)["complete"] == true);
}

TEST_CASE("what belongs to pages does not go with a count", "[jobs]") {
  many back;
  for (const auto* bad : {"?limit=3", "?cursor=job_01h8xgq2m4k7c", "?include=payload", "?status=odd", "?priority=x"}) {
    CAPTURE(bad);
    CHECK(ask(back, bad).status == 400);
  }
}
