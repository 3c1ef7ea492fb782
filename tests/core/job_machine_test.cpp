#include "core/job/job_machine.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <string>

using namespace callboard;

namespace {

// Written from the agreement on the life of a job, not from the edge table: a row per state, a column per event, in the
// order of the enums. Q S R T C F X are the seven states (T retrying, X cancelled), - is no edge.
constexpr std::array<const char*, job_state_count> expected{
  // arm start succeed fail_retryable fail_final snooze lose cancel miss_deadline poison retry
  "S------X---", // queued
  "-R-----XFF-", // scheduled
  "--CTFTTX-F-", // running
  "-R-----XFF-", // retrying
  "-----------", // completed
  "-------X--T", // failed
  "-----------", // cancelled
};

std::optional<job_state> read(char c) {
  const auto i = std::string_view{"QSRTCFX"}.find(c);
  return i == std::string_view::npos ? std::nullopt : std::optional{static_cast<job_state>(i)};
}

} // namespace

TEST_CASE("every state and event leads where the agreement says", "[job_machine]") {
  for (size_t s = 0; s < job_state_count; ++s)
    for (size_t e = 0; e < job_event_count; ++e) {
      const auto state = static_cast<job_state>(s);
      const auto event = static_cast<job_event>(e);
      INFO(to_string(state) << " on " << to_string(event));
      CHECK(next(state, event) == read(expected[s][e]));
    }
}

TEST_CASE("the edges between states are those of the agreement and no others", "[job_machine]") {
  using pair = std::pair<job_state, job_state>;
  using enum job_state;
  const std::set<pair> allowed{
    {queued, scheduled},  {queued, cancelled},   {scheduled, running}, {scheduled, failed}, {scheduled, cancelled},
    {running, completed}, {running, failed},     {running, cancelled}, {running, retrying}, {retrying, running},
    {retrying, failed},   {retrying, cancelled}, {failed, retrying},   {failed, cancelled}};
  std::set<pair> found;
  for (const auto& edge : job_edges)
    found.emplace(edge.from, edge.to);
  CHECK(found == allowed);
}

TEST_CASE("no state and event have two edges", "[job_machine]") {
  std::set<std::pair<job_state, job_event>> seen;
  for (const auto& edge : job_edges)
    CHECK(seen.emplace(edge.from, edge.on).second);
}

TEST_CASE("names of states and durabilities are read back, and nothing else is", "[job_machine]") {
  std::set<std::string_view> names;
  for (size_t s = 0; s < job_state_count; ++s) {
    const auto state = static_cast<job_state>(s);
    CHECK(parse_job_state(to_string(state)) == state);
    names.insert(to_string(state));
  }
  CHECK(names.size() == job_state_count);
  for (const auto d : {durability::fsync, durability::os, durability::memory})
    CHECK(parse_durability(to_string(d)) == d);
  for (const auto* bad : {"", "Queued", "queued ", "done", "unknown"}) {
    CHECK_FALSE(parse_job_state(bad));
    CHECK_FALSE(parse_durability(bad));
  }
  std::set<std::string_view> events;
  for (size_t e = 0; e < job_event_count; ++e)
    events.insert(to_string(static_cast<job_event>(e)));
  CHECK(events.size() == job_event_count);
  CHECK(events.count("unknown") == 0);
}
