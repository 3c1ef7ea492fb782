#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;

namespace {

struct list_fixture : scheduler_fixture {
  job_list list(list_request q) {
    list_call c;
    c.request = std::move(q);
    auto page = ask(std::move(c), &list_call::reply);
    if (!page)
      throw std::runtime_error(page.err().message);
    return std::move(*page);
  }
  /// The ids on each page, to the end.
  std::vector<std::vector<job_id>> pages(list_request q) {
    std::vector<std::vector<job_id>> out;
    do {
      auto page = list(q);
      out.emplace_back();
      for (const auto& j : page.jobs)
        out.back().push_back(j->id);
      q.below = page.next;
    } while (q.below);
    return out;
  }
  std::vector<job_id> all(list_request q) {
    std::vector<job_id> out;
    for (const auto& page : pages(std::move(q)))
      out.insert(out.end(), page.begin(), page.end());
    return out;
  }
  job_id submit_with(blob payload, std::string tag = {}) {
    auto s = spec();
    s.payload = std::move(payload);
    if (!tag.empty())
      s.tags = {std::move(tag)};
    return submit(std::move(s));
  }
  /// Ends the job with the worker's next order.
  job_id end_next(fake_node& n, blob result = {}) {
    const job_id id{n.orders.front().job};
    attempt_outcome o;
    o.result = std::move(result);
    end(n, id, std::move(o));
    return id;
  }
};

} // namespace

TEST_CASE_METHOD(list_fixture, "a list brings payloads and results when they are asked for") {
  start();
  auto& n = add_node("w1");
  const auto ended = submit_with(blob{R"({"a":1})"});
  end_next(n, blob{R"({"r":1})"});
  const auto running = submit_with(blob{R"({"a":2})"});
  const auto waiting = submit_with(blob{R"({"a":3})"});
  const auto texts = [&](bool payload, bool result) {
    std::vector<std::string> out;
    for (const auto& j : list({.payload = payload, .result = result}).jobs)
      out.push_back(std::string{j->spec.payload.view()} + std::string{j->result.view()});
    return out;
  };
  CHECK(all({}) == std::vector{waiting, running, ended});
  CHECK(texts(false, false) == std::vector<std::string>{"", "", ""});
  CHECK(texts(true, false) == std::vector<std::string>{R"({"a":3})", R"({"a":2})", R"({"a":1})"});
  CHECK(texts(false, true) == std::vector<std::string>{"", "", R"({"r":1})"});
  CHECK(texts(true, true) == std::vector<std::string>{R"({"a":3})", R"({"a":2})", R"({"a":1}{"r":1})"});
}

TEST_CASE_METHOD(list_fixture, "a page ends early when payloads and results are too many bytes") {
  start();
  auto& n = add_node("w1");
  std::vector<job_id> jobs;
  for (int i = 0; i < 3; ++i) {
    jobs.push_back(submit_with(blob{std::string(10, '1')}));
    end_next(n, blob{std::string(10, '2')});
  }
  for (int i = 0; i < 40; ++i)
    jobs.push_back(submit_with(blob{std::string(20, '3')}));
  std::reverse(jobs.begin(), jobs.end());
  const auto sizes = [&](uint64_t bytes_max, uint32_t limit) {
    std::vector<size_t> out;
    std::vector<job_id> seen;
    for (const auto& page : pages({.limit = limit, .payload = true, .result = true, .bytes_max = bytes_max})) {
      out.push_back(page.size());
      seen.insert(seen.end(), page.begin(), page.end());
    }
    CHECK(seen == jobs);
    return out;
  };
  CHECK(sizes(1000, 100) == std::vector<size_t>{43});
  CHECK(sizes(400, 100) == std::vector<size_t>{20, 20, 3});
  CHECK(sizes(399, 100) == std::vector<size_t>{19, 19, 5});
  CHECK(sizes(400, 15) == std::vector<size_t>{15, 15, 13});
  // One is always shown.
  CHECK(sizes(1, 100) == std::vector<size_t>(43, 1));
}

TEST_CASE_METHOD(list_fixture, "pages show each job once, waiting and ended ones in turn") {
  start();
  auto& n = add_node("w1");
  // Every third one has ended, while older and newer ones wait.
  std::vector<job_id> expected, tagged;
  for (int i = 0; i < 60; ++i) {
    const bool ends = i % 3 == 0, has_tag = i % 7 == 0;
    auto s = spec();
    if (!ends)
      s.type = "no worker's";
    if (has_tag)
      s.tags = {"rare"};
    expected.push_back(submit(std::move(s)));
    if (has_tag)
      tagged.push_back(expected.back());
    if (ends)
      end(n, expected.back());
  }
  std::reverse(expected.begin(), expected.end());
  std::reverse(tagged.begin(), tagged.end());
  for (uint32_t limit : {1u, 2u, 7u, 60u}) {
    INFO("limit " << limit);
    CHECK(all({.limit = limit}) == expected);
    CHECK(all({.tag = "rare", .limit = limit}) == tagged);
  }
  CHECK(all({.tag = "none", .limit = 5}).empty());
}

TEST_CASE_METHOD(list_fixture, "a page is short only at the end, however rare what is asked for is") {
  start();
  auto& n = add_node("w1");
  // The rare ones, live and finished, lie below thousands of others, live and finished.
  auto rare = spec();
  rare.tags = {"rare"};
  rare.queue = "rare";
  rare.priority = 9;
  std::vector<job_id> found;
  for (int i = 0; i < 3; ++i) {
    found.push_back(submit(rare));
    end_next(n);
  }
  rare.type = "no worker's";
  for (int i = 0; i < 3; ++i)
    found.push_back(submit(rare));
  std::reverse(found.begin(), found.end());
  for (int i = 0; i < 4; ++i) {
    submit_request r;
    r.jobs.assign(1000, spec());
    REQUIRE(submit_all(std::move(r)));
  }
  for (int i = 0; i < 3100; ++i)
    end_next(n);
  const std::vector ended(found.begin() + 3, found.end()), waiting(found.begin(), found.begin() + 3);
  using page = std::vector<std::vector<job_id>>;
  for (const auto& q : {list_request{.tag = "rare", .limit = 10}, list_request{.queue = "rare", .limit = 10},
                        list_request{.priority = uint8_t{9}, .limit = 10}}) {
    CHECK(pages(q) == page{found});
    auto some = q;
    some.states = {job_state::completed};
    CHECK(pages(some) == page{ended});
    some.states = {job_state::queued};
    CHECK(pages(some) == page{waiting});
    some.states = {job_state::completed, job_state::queued};
    some.limit = 4;
    CHECK(pages(some) == page{{found[0], found[1], found[2], found[3]}, {found[4], found[5]}});
    some.to = created_at(found[1]);
    CHECK(all(some).size() <= 6);
  }
  CHECK(pages({.queue = "none", .limit = 10}) == page{{}});
  CHECK(pages({.states = {job_state::failed}, .queue = "rare", .limit = 10}) == page{{}});
  CHECK(pages({.states = {job_state::retrying}, .limit = 10}) == page{{}});
}

TEST_CASE_METHOD(list_fixture, "the job with an idempotency key is found, live and finished") {
  start();
  auto& n = add_node("w1");
  auto s = spec();
  s.idempotency_key = "k1";
  const auto id = submit(s);
  submit(spec());
  CHECK(all({.key = "k1"}) == std::vector{id});
  CHECK(list({.key = "k1"}).jobs[0]->worker == "w1");
  CHECK(all({.states = {job_state::completed}, .key = "k1"}).empty());
  end(n, id);
  CHECK(all({.states = {job_state::completed}, .key = "k1"}) == std::vector{id});
  CHECK(all({.key = "k2"}).empty());
}
