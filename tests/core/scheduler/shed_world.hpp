#pragma once

#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace callboard::test {

/// A world in which queues are full.
class shed_world : public hand_world {
public:
  shed_world() {
    start();
  }
  void limit(limit_rule r, const std::string& queue = "default") {
    limit_call c;
    c.target = {limit_kind::queue, queue, {}};
    c.rule = std::move(r);
    ask_limit(std::move(c));
  }
  /// A job of so many bytes.
  static job_spec job(uint8_t priority, size_t bytes = 2) {
    return job_builder{}.priority(priority).payload(std::string(bytes, 'x')).spec();
  }
  result<submit_answer> try_submit(job_spec s) {
    auto got = send(std::move(s));
    settle();
    return (**got)->front();
  }
  job_id accepted(job_spec s) {
    const auto a = try_submit(std::move(s));
    INFO((a ? "" : a.err().message));
    REQUIRE(a);
    return a->id;
  }
  std::string refused(job_spec s) {
    const auto a = try_submit(std::move(s));
    REQUIRE_FALSE(a);
    CHECK(a.err().code == ec::queue_full);
    CHECK(a.err().field == "queue");
    return a.err().message;
  }
  bool is_shed(job_id id) const {
    const auto& rec = disk.at(id);
    return rec.state == job_state::cancelled && rec.error && rec.error->code == job_error_code::shed;
  }
  /// The write that the job is in together with another one.
  bool written_together(job_id a, job_id b) const {
    return std::any_of(written.begin(), written.end(), [&](const auto& part) {
      return std::count(part.begin(), part.end(), a) == 1 && std::count(part.begin(), part.end(), b) == 1;
    });
  }
  limit_view view(const std::string& queue = "default") {
    limit_call c;
    c.target = {limit_kind::queue, queue, {}};
    return ***ask_limit(std::move(c));
  }
};

} // namespace callboard::test
