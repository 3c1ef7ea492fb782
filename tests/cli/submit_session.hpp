#pragma once

#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace callboard::test {

/// A scheduler that accepts every job.
inline fake_answer accept(const fake_request& r) {
  if (r.target == "/api/jobs/submit")
    return {201, R"({"jobID":"job_01h8xgq2m4k7c","status":"queued"})"};
  return {200, R"({"id":"job_01h8xgq2m4k7c","status":"completed"})"};
}

/// What `submit exec` with these flags sends.
inline nlohmann::json body_of(const std::vector<std::string>& flags) {
  fake_server server{accept};
  std::vector<std::string> arguments{"submit", "exec"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const auto r = run_at(server.url(), arguments);
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].content_type == "application/json");
  return nlohmann::json::parse(requests[0].body);
}

} // namespace callboard::test
