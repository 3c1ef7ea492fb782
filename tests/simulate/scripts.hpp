#pragma once

#include <catch2/catch.hpp>

#include <string>

#include "simulate/read_scenario.hpp"
#include "simulate/run_scenario.hpp"

namespace callboard::test {

/// A scenario with one worker of one slot; `patch` is laid over it (RFC 7386). That cannot bring a null: what is
/// expected is given apart when it has one.
inline std::string scripted(const std::string& patch, const std::string& expect = {}) {
  auto base = nlohmann::json::parse(R"({
    "name": "a test",
    "types": {"work": {"duration": 5}, "bad": {"duration": 1, "outcome": "fatal", "code": "E", "message": "no luck"}},
    "steps": [{"at": "0s", "submit": {"as": "a", "jobType": "work"}},
              {"at": "0s", "submit": {"as": "b", "jobType": "bad"}},
              {"at": "0s", "submit": {"as": "c", "jobType": "work", "count": 2}}]
  })");
  base.merge_patch(nlohmann::json::parse(patch));
  if (!expect.empty())
    base["expect"] = nlohmann::json::parse(expect);
  return base.dump();
}

inline simulate::scenario read_good(const std::string& text) {
  auto plan = simulate::read_scenario(text);
  INFO((plan ? std::string{} : plan.err().message));
  REQUIRE(plan);
  return std::move(*plan);
}

} // namespace callboard::test
