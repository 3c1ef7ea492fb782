#pragma once

#include "core/job/outcome.hpp"
#include "core/scheduler/claim_book.hpp"

#include <catch2/catch.hpp>

namespace callboard::test {

inline constexpr claim_rules usual{
  2, std::chrono::seconds{5}, std::chrono::milliseconds{100}, std::chrono::seconds{5}, std::chrono::seconds{10}, 3};

/// A book, and a worker that claims from it. Job `fence + 100` has the attempt `fence`.
struct book_fixture {
  moment now{time_point{std::chrono::seconds{1'700'000'000}}, steady_point{std::chrono::seconds{1000}}};
  claim_book book{usual, {}, now};
  uint64_t number = 0;

  void pass(duration d) {
    now.wall += d;
    now.steady += d;
    book.on_time(now);
  }
  void give(uint64_t fence, duration timeout = std::chrono::seconds{60}, duration soft = {}) {
    attempt_order o;
    o.job = fence + 100;
    o.fence = fence;
    o.type = "t";
    o.payload = R"({"n":1})";
    o.timeout_us = timeout.count();
    o.soft_timeout_us = soft.count();
    book.run({o}, now);
  }
  std::vector<uint64_t> claim(uint32_t max = 10, std::optional<uint64_t> as = {}) {
    const auto got = book.claim(as ? *as : ++number, max, now);
    REQUIRE(got);
    std::vector<uint64_t> out;
    for (const auto& x : *got)
      out.push_back(x.order.fence);
    return out;
  }
  static attempt_ended ended(uint64_t fence, outcome_kind kind = outcome_kind::succeeded, std::string result = "1") {
    attempt_ended x;
    x.job = fence + 100;
    x.fence = fence;
    x.kind = static_cast<uint8_t>(kind);
    x.result = std::move(result);
    return x;
  }
  /// Kinds of the ends that are told, by fence.
  std::map<uint64_t, outcome_kind> told() {
    std::map<uint64_t, outcome_kind> out;
    for (const auto& e : book.take_report().ended)
      out[e.fence] = static_cast<outcome_kind>(e.kind);
    return out;
  }
  stop_reason stop_of(uint64_t fence) {
    for (const auto& s : book.news().stops)
      if (s.attempt.fence == fence)
        return s.why;
    return stop_reason::none;
  }
};

} // namespace callboard::test
