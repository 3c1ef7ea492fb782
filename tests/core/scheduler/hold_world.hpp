#pragma once

#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace callboard::test {

/// A world in which jobs are held and released.
class hold_world : public hand_world {
public:
  job_answer set_held(job_id id, bool held, std::string reason = {}) {
    modify_call c{id, {}, {}};
    c.patch.held = held;
    c.patch.reason = std::move(reason);
    auto got = ask(std::move(c));
    return got;
  }
  void hold(job_id id) {
    const auto got = set_held(id, true);
    settle();
    REQUIRE((*got && **got));
  }
  void release(job_id id) {
    const auto got = set_held(id, false);
    settle();
    REQUIRE((*got && **got));
  }
  static job_spec held_spec(job_builder b = job_builder{}) {
    auto s = b.spec();
    s.hold = job_hold{};
    return s;
  }
  std::vector<std::string> reasons_of(job_id id) const {
    std::vector<std::string> out;
    const auto x = explain(core, id, now);
    for (const auto& r : x->reasons)
      out.push_back(r.code);
    return out;
  }
  attempt_outcome failure() const {
    attempt_outcome o;
    o.kind = outcome_kind::failed_retryable;
    o.code = "X";
    return o;
  }
};

} // namespace callboard::test
