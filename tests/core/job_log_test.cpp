#include "core/job/job_log.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

using namespace callboard;

namespace {

using lines = std::vector<std::string>;
constexpr uint64_t plenty = 1000;

job_log with(uint32_t attempt, uint64_t first, lines l) {
  return {{first, std::move(l)}, attempt};
}

} // namespace

TEST_CASE("log: lines come behind those that are there, and are not there twice", "[log]") {
  job_log log;
  append(log, 1, {0, {"a", "b"}}, plenty);
  CHECK(log == with(1, 0, {"a", "b"}));
  append(log, 1, {1, {"b", "c"}}, plenty); // a worker that tells all it has at the end
  CHECK(log == with(1, 0, {"a", "b", "c"}));
  append(log, 1, {0, {"a"}}, plenty); // a late report
  CHECK(log == with(1, 0, {"a", "b", "c"}));
  append(log, 1, {3, {}}, plenty);
  CHECK(log == with(1, 0, {"a", "b", "c"}));
}

TEST_CASE("log: behind a gap only what is behind it is kept, so numbers stay true", "[log]") {
  job_log log;
  append(log, 1, {0, {"a", "b"}}, plenty);
  append(log, 1, {5, {"f"}}, plenty);
  CHECK(log == with(1, 5, {"f"}));
}

TEST_CASE("log: lines of another attempt take the place of all, and an attempt without any leaves them", "[log]") {
  job_log log;
  append(log, 1, {0, {"a", "b"}}, plenty);
  append(log, 2, {0, {}}, plenty);
  CHECK(log == with(1, 0, {"a", "b"}));
  append(log, 2, {0, {"c"}}, plenty);
  CHECK(log == with(2, 0, {"c"}));
}

TEST_CASE("log: the last lines that fit are kept, and of a last one that does not its beginning", "[log]") {
  job_log log;
  append(log, 1, {0, {"aaaa", "bbbb", "cccc"}}, 9);
  CHECK(log == with(1, 1, {"bbbb", "cccc"}));
  append(log, 1, {3, {std::string(7, 'd') + "\xC3\xA9" + "e"}}, 8);
  CHECK(log == with(1, 3, {std::string(7, 'd')}));
}

TEST_CASE("log: whoever has seen some lines gets the others", "[log]") {
  const log_lines all{10, {"a", "b", "c"}};
  CHECK(lines_from(all, 12) == log_lines{12, {"c"}});
  CHECK(lines_from(all, 0) == all); // those between are gone
  CHECK(lines_from(all, 13) == log_lines{13, {}});
  CHECK(lines_from(all, 99) == log_lines{13, {}});
}

TEST_CASE("log: reports that are lost, late, or come twice leave an end of what was logged", "[log][property]") {
  CHECK(rc::check("the kept lines are lines of the attempt, in their order, under their numbers", [] {
    lines all;
    for (int i = 0; i < 40; ++i)
      all.push_back(std::to_string(i) + std::string(static_cast<size_t>(*rc::gen::inRange(0, 6)), 'x'));
    const auto bytes_max = *rc::gen::inRange<uint64_t>(8, 120);
    job_log log;
    uint64_t told = 0;
    for (int report = 0; report < 12; ++report) {
      const auto first = *rc::gen::inRange<uint64_t>(0, all.size());
      const auto end = *rc::gen::inRange<uint64_t>(first, all.size() + 1);
      if (end > first)
        told = std::max(told, end);
      append(log, 1, {first, {all.begin() + static_cast<ptrdiff_t>(first), all.begin() + static_cast<ptrdiff_t>(end)}},
             bytes_max);
      RC_ASSERT(log.end() == told);
      uint64_t bytes = 0;
      for (size_t i = 0; i < log.lines.size(); ++i) {
        RC_ASSERT(log.lines[i] == all[log.first + i]);
        bytes += log.lines[i].size();
      }
      RC_ASSERT(bytes <= bytes_max);
    }
  }));
}
