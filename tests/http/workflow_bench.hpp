#pragma once

#include "http/api/no_backend.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard::test {

/// Keeps the jobs that it is given, and does nothing with them: a test says what becomes of each.
class job_shelf final : public no_backend {
public:
  void submit(submit_request r, reply<std::vector<result<submit_answer>>> done) override;
  void get(job_id id, reply<job_ptr> done) override;
  void list(list_request r, reply<job_list> done) override;
  void cancel(job_id id, std::string reason, reply<job_ptr> done) override;
  void modify(job_id id, job_patch patch, reply<job_ptr> done) override;

  /// The latest job with that key of its workflow.
  job_record& at(const std::string& key);
  void end(const std::string& key, job_state state, const char* code = nullptr);
  /// It ran so long, and completed with this result.
  void complete(const std::string& key, std::chrono::seconds took = std::chrono::seconds{1}, std::string result = {});
  /// Answers the calls that are held, also those that come meanwhile.
  void release();
  /// Answers the one that has waited longest.
  void release_one();

  std::map<job_id, job_record> jobs;
  std::vector<submit_request> submits;
  std::vector<list_request> lists;
  std::vector<job_id> cancels, changed;
  std::string last_reason;
  /// The next calls fail with it.
  std::optional<error> fail_list, fail_submit, fail_cancel, fail_modify;
  /// By position in the batch.
  std::map<size_t, error> refuse;
  bool hold = false; ///< answers wait for `release`
  time_point now = noon();

private:
  void answer(std::function<void()> give);
  std::deque<std::function<void()>> held_;
};

/// The routes of a server over such a shelf. Ids of workflows are counted.
struct workflow_bench {
  job_shelf back;
  fake_types types;
  api a;
  router routes;
  std::optional<http_response> answer;

  workflow_bench();
  /// Runs a request; what it answers is in `answer`, once it does.
  void start(http_method method, const std::string& target, std::string body = {}, std::string idempotency_key = {},
             std::string content_type = "application/json");
  http_response call(http_method method, const std::string& target, std::string body = {},
                     std::string idempotency_key = {});
  /// The JSON of an answer that has this status.
  nlohmann::json json_of(int status, http_method method, const std::string& target, std::string body = {});
  nlohmann::json get(const std::string& target) {
    return json_of(200, http_method::get, target);
  }
  nlohmann::json post(const std::string& target, const nlohmann::json& body = nlohmann::json::object()) {
    return json_of(200, http_method::post, target, body.dump());
  }
  /// Submits it; its id.
  std::string submit(const nlohmann::json& body);
};

/// load <- left, right <- join; an alarm for a failure of join.
nlohmann::json diamond();

/// The id of the n-th workflow of a bench, from 1.
std::string workflow_number(uint64_t n);

} // namespace callboard::test
