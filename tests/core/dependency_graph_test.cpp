#include "core/index/dependency_graph.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

using namespace callboard;

namespace {

using ids = std::vector<job_id>;

ids jobs(std::initializer_list<uint64_t> numbers) {
  ids all;
  for (const auto n : numbers)
    all.push_back(job_id{n});
  return all;
}

using model_graph = std::map<uint64_t, std::set<uint64_t>>; // who waits for whom

std::set<uint64_t> naive_closure(const model_graph& model, uint64_t of) {
  std::set<uint64_t> found{of};
  for (size_t before = 0; before != found.size();) {
    before = found.size();
    for (const auto& [waiting, awaited] : model)
      if (std::any_of(awaited.begin(), awaited.end(), [&](uint64_t a) { return found.count(a) == 1; }))
        found.insert(waiting);
  }
  found.erase(of);
  return found;
}

prerequisite_end completed(uint64_t job) {
  return {job_id{job}, job_ending::completed, true};
}

} // namespace

TEST_CASE("the graph behaves as a naive one", "[dependency_graph]") {
  CHECK(rc::check("any operations", [](const std::vector<std::tuple<uint8_t, uint8_t, std::vector<uint8_t>>>& ops) {
    dependency_graph graph;
    model_graph model;
    uint64_t newest = 0;
    for (const auto& [what, which, deps] : ops) {
      const uint64_t old = newest == 0 ? 0 : which % newest + 1;
      if (what % 4 < 2 || newest == 0) {
        const uint64_t job = ++newest;
        ids awaited;
        for (const auto d : deps)
          if (job > 1)
            awaited.push_back(job_id{d % (job - 1) + 1});
        graph.add(job_id{job}, awaited);
        for (const auto a : awaited)
          model[job].insert(a.value);
      } else if (what % 4 == 2) {
        ids expected;
        for (auto& [waiting, awaited] : model)
          if (awaited.erase(old) == 1 && awaited.empty())
            expected.push_back(job_id{waiting});
        RC_ASSERT(graph.ended({job_id{old}, job_ending::completed, true}) == expected);
      } else {
        // Whoever waits for it would never run, and nobody else.
        std::set<uint64_t> members = naive_closure(model, old);
        const dependency_graph::ends known{{job_id{old}, {job_id{old}, job_ending::failed, true}}};
        for (const auto& [waiting, awaited] : model)
          RC_ASSERT((graph.outlook_of(job_id{waiting}, known).is == prospect::never) == (awaited.count(old) == 1));
        if (which % 2 == 0) { // cancel them all
          members.insert(old);
          for (const auto j : members) {
            RC_ASSERT(graph.remove(job_id{j}) == model[j].size());
            model.erase(j);
          }
        }
      }
      std::erase_if(model, [](const auto& m) { return m.second.empty(); });
    }
    graph.sanity_check();
    for (uint64_t j = 1; j <= newest; ++j) {
      const auto& awaited = model[j];
      RC_ASSERT(graph.is_waiting(job_id{j}) == !awaited.empty());
      ids listed;
      for (const auto a : awaited)
        listed.push_back(job_id{a});
      RC_ASSERT(graph.waits_for(job_id{j}) == listed);
    }
  }));
}

TEST_CASE("a diamond becomes free from the top", "[dependency_graph]") {
  dependency_graph graph;
  graph.add(job_id{2}, jobs({1}));
  graph.add(job_id{3}, jobs({1, 1}));
  graph.add(job_id{4}, jobs({2, 3}));
  CHECK(graph.waits_for(job_id{3}) == jobs({1}));
  CHECK(graph.dependants(job_id{1}) == jobs({2, 3}));
  CHECK(graph.ended(completed(1)) == jobs({2, 3}));
  CHECK(graph.ended(completed(2)).empty());
  CHECK(graph.waits_for(job_id{4}) == jobs({3}));
  CHECK(graph.ended(completed(3)) == jobs({4}));
  CHECK_FALSE(graph.is_waiting(job_id{4}));
  CHECK_FALSE(graph.has_dependants(job_id{3}));
  CHECK_THROWS_AS(graph.add(job_id{5}, jobs({5})), std::logic_error);
}

TEST_CASE("a removed job frees nobody", "[dependency_graph]") {
  dependency_graph graph;
  graph.add(job_id{2}, jobs({1}));
  graph.add(job_id{3}, jobs({2}));
  CHECK(graph.remove(job_id{2}) == 1);
  CHECK(graph.is_waiting(job_id{3}));
  CHECK_FALSE(graph.has_dependants(job_id{1}));
  CHECK(graph.remove(job_id{3}) == 1);
  CHECK_FALSE(graph.is_waiting(job_id{3}));
}

TEST_CASE("a conditional job keeps its edges until it leaves", "[dependency_graph]") {
  dependency_graph graph;
  graph.add(job_id{4}, {dependency_rule::any, {job_id{1}, {job_id{2}, dependency_condition::failure}}});
  graph.add(job_id{5}, {dependency_rule::all_done, {job_id{1}, job_id{2}}});
  CHECK(graph.ended({job_id{1}, job_ending::failed, true}).empty());
  CHECK(graph.waits_for(job_id{4}) == jobs({2}));
  CHECK(graph.has_dependants(job_id{1}));
  CHECK(graph.take_let_go().empty());
  const dependency_graph::ends completes{{job_id{2}, completed(2)}};
  CHECK(graph.outlook_of(job_id{4}, completes).why.code == job_error_code::upstream_failed);
  CHECK(graph.outlook_of(job_id{5}, completes).is == prospect::runs);
  CHECK(graph.ended(completed(2)) == jobs({5}));
  CHECK(graph.is_waiting(job_id{4})); // it is to be cancelled
  CHECK(graph.remove(job_id{4}) == 2);
  auto gone = graph.take_let_go();
  std::sort(gone.begin(), gone.end());
  CHECK(gone == jobs({1, 1, 2, 2}));
  CHECK_FALSE(graph.has_dependants(job_id{1}));
  graph.sanity_check();
}

TEST_CASE("a job that lives again is waited for anew", "[dependency_graph]") {
  dependency_graph graph;
  graph.add(job_id{3}, {dependency_rule::any, {job_id{1}, job_id{2}}});
  graph.ended({job_id{1}, job_ending::failed, true});
  graph.revived(job_id{1});
  CHECK(graph.waits_for(job_id{3}) == jobs({1, 2}));
  CHECK(graph.ended(completed(1)) == jobs({3}));
  graph.sanity_check();
}

TEST_CASE("a start frees those that wait for it", "[dependency_graph]") {
  dependency_graph graph;
  CHECK(graph.begun(job_id{1}).empty());
  const dependency start{job_id{1}, dependency_condition::started};
  graph.add(job_id{2}, {dependency_rule::all, {start}});
  graph.add(job_id{3}, {dependency_rule::all, {start, job_id{2}}});
  graph.add(job_id{4}, jobs({1}));
  CHECK(graph.begun(job_id{1}) == jobs({2}));
  CHECK(graph.ended(completed(2)) == jobs({3}));
  CHECK(graph.dependants(job_id{1}) == jobs({4}));
  graph.sanity_check();
}

TEST_CASE("a long chain needs no stack", "[dependency_graph]") {
  dependency_graph graph;
  constexpr uint64_t length = 100'000;
  std::vector<std::pair<size_t, size_t>> edges;
  for (uint64_t j = 2; j <= length; ++j) {
    const ids before = jobs({j - 1});
    graph.add(job_id{j}, before);
    edges.emplace_back(j - 1, j - 2);
  }
  CHECK_FALSE(find_cycle(length, edges));
  edges.emplace_back(0, length - 1);
  CHECK(find_cycle(length, edges)->size() == length);
}

TEST_CASE("cycles of a batch are found", "[dependency_graph]") {
  using edges = std::vector<std::pair<size_t, size_t>>;
  CHECK_FALSE(find_cycle(0, {}));
  CHECK_FALSE(find_cycle(4, edges{{1, 0}, {2, 0}, {3, 1}, {3, 2}}));
  CHECK(find_cycle(2, edges{{1, 1}}) == std::vector<size_t>{1});
  CHECK(find_cycle(4, edges{{0, 1}, {1, 2}, {2, 1}}) == std::vector<size_t>{1, 2});
  CHECK_THROWS_AS(find_cycle(2, edges{{0, 2}}), std::logic_error);
}

TEST_CASE("a cycle is told exactly when there is no order", "[dependency_graph]") {
  CHECK(rc::check("random batches", [](uint8_t size, const std::vector<std::pair<uint8_t, uint8_t>>& pairs) {
    const size_t n = size % 12 + 1u;
    std::vector<std::pair<size_t, size_t>> edges;
    for (const auto& [a, b] : pairs)
      edges.emplace_back(a % n, b % n);
    // Naive: take away whoever waits for nobody that is left, until nothing changes.
    std::set<size_t> left;
    for (size_t i = 0; i < n; ++i)
      left.insert(i);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < n; ++i)
        if (left.count(i) == 1 && std::none_of(edges.begin(), edges.end(), [&](const auto& e) {
              return e.first == i && left.count(e.second) == 1;
            })) {
          left.erase(i);
          changed = true;
        }
    }
    const auto cycle = find_cycle(n, edges);
    RC_ASSERT(cycle.has_value() == !left.empty());
    if (cycle) {
      RC_ASSERT(!cycle->empty());
      for (size_t i = 0; i < cycle->size(); ++i) {
        const std::pair step{(*cycle)[i], (*cycle)[(i + 1) % cycle->size()]};
        RC_ASSERT(std::find(edges.begin(), edges.end(), step) != edges.end());
      }
    }
  }));
}
