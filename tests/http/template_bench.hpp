#pragma once

#include "tests/http/workflow_bench.hpp"

#include <map>
#include <string>
#include <vector>

namespace callboard::test {

/// Keeps templates as the scheduler does, and the jobs that come of them.
class template_shelf final : public no_backend {
public:
  void put_template(template_draft d, std::optional<uint32_t> version, reply<template_change> done) override;
  void remove_template(std::string name, reply<template_head> done) override;
  void templates(std::string after, uint32_t limit, reply<template_page> done) override;
  void template_at(std::string name, std::optional<uint32_t> version, reply<template_version> done) override;
  void template_history(std::string name, reply<template_versions> done) override;
  void submit(submit_request r, reply<std::vector<result<submit_answer>>> done) override {
    jobs.submit(std::move(r), std::move(done));
  }
  void list(list_request r, reply<job_list> done) override {
    jobs.list(std::move(r), std::move(done));
  }

  job_shelf jobs;
  std::optional<uint32_t> last_version; ///< that a definition expected
  std::optional<error> refuse;          ///< of definitions

private:
  struct kept {
    template_head head;
    std::vector<template_version> versions;
  };
  std::map<std::string, kept> kept_;
};

/// The routes of a server over such a shelf. Schemas are checked for the types of properties.
struct template_bench {
  template_shelf back;
  fake_types types;
  api a;
  router routes;

  template_bench();
  http_response call(http_method method, const std::string& target, const std::string& body = {},
                     const std::string& idempotency_key = {});
  /// The JSON of an answer that has this status.
  nlohmann::json json_of(int status, http_method method, const std::string& target, const nlohmann::json& body = {});
  nlohmann::json put(const std::string& name, const nlohmann::json& definition, int status = 201) {
    return json_of(status, http_method::put, "/api/templates/" + name, definition);
  }
  nlohmann::json submit(const std::string& name, const nlohmann::json& body, int status = 201) {
    return json_of(status, http_method::post, "/api/templates/" + name + "/submit", body);
  }
  /// The last job that was submitted.
  const job_spec& last() const {
    return back.jobs.submits.back().jobs.back();
  }
};

/// `code field`, of an answer that is an error.
std::string refusal(const http_response& r);

} // namespace callboard::test
