#include "core/placement/worker_machine.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace callboard;

namespace {

// A row per state, a column per event, in the order of the enums. S starting, I idle, W working, G stopping (going),
// D stopped (done), F failed.
constexpr std::array<const char*, worker_state_count> expected{
  // join assign drained stop exit lose restart
  "I----F-", // starting
  "-W-G---", // idle
  "--IG-F-", // working
  "----DF-", // stopping
  "-------", // stopped
  "------S", // failed
};

std::optional<worker_state> read(char c) {
  const auto i = std::string_view{"SIWGDF"}.find(c);
  return i == std::string_view::npos ? std::nullopt : std::optional{static_cast<worker_state>(i)};
}

} // namespace

TEST_CASE("every worker state and event leads where the agreement says", "[worker_machine]") {
  for (size_t s = 0; s < worker_state_count; ++s)
    for (size_t e = 0; e < worker_event_count; ++e) {
      const auto state = static_cast<worker_state>(s);
      const auto event = static_cast<worker_event>(e);
      INFO(to_string(state) << " on " << to_string(event));
      CHECK(next(state, event) == read(expected[s][e]));
    }
}

TEST_CASE("the edges between worker states are those of the agreement and no others", "[worker_machine]") {
  using pair = std::pair<worker_state, worker_state>;
  using enum worker_state;
  const std::set<pair> allowed{{starting, idle},   {starting, failed},  {idle, working},   {idle, stopping},
                               {working, idle},    {working, stopping}, {working, failed}, {stopping, stopped},
                               {stopping, failed}, {failed, starting}};
  std::set<pair> found;
  for (const auto& edge : worker_edges)
    found.emplace(edge.from, edge.to);
  CHECK(found == allowed);
}

TEST_CASE("an idle worker that is lost reaches failed by way of stopping", "[worker_machine]") {
  const auto stopping = next(worker_state::idle, worker_event::stop);
  REQUIRE(stopping);
  CHECK(next(*stopping, worker_event::lose) == worker_state::failed);
}

TEST_CASE("names of worker states and events differ", "[worker_machine]") {
  std::set<std::string_view> names;
  for (size_t s = 0; s < worker_state_count; ++s)
    names.insert(to_string(static_cast<worker_state>(s)));
  CHECK(names.size() == worker_state_count);
  std::set<std::string_view> events;
  for (size_t e = 0; e < worker_event_count; ++e)
    events.insert(to_string(static_cast<worker_event>(e)));
  CHECK(events.size() == worker_event_count);
  CHECK(to_string(static_cast<worker_state>(200)) == "unknown");
}
