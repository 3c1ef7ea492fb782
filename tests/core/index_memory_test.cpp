#include "core/index/job_table.hpp"
#include "core/index/ready_queues.hpp"
#include "core/index/timer_queue.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;
using test::noon;

namespace {

constexpr uint64_t jobs = 100'000;
/// What a waiting job may cost in all indices together (P7).
constexpr double bytes_per_job_max = 150;

job_entry entry(uint64_t number) {
  job_entry e;
  e.id = job_id{number};
  return e;
}

} // namespace

TEST_CASE("a ready job costs little memory", "[memory]") {
  job_table table;
  ready_queues ready;
  for (uint64_t i = 1; i <= jobs; ++i) {
    table.insert(entry(i));
    ready.add(0, {job_id{i}, time_point::max(), i, later_on + i * 1us, 0, static_cast<uint8_t>(i % 10)});
  }
  const auto bytes = static_cast<double>(table.memory_bytes() + ready.memory_bytes()) / jobs;
  CAPTURE(bytes);
  CHECK(bytes < 90);
}

TEST_CASE("a ready job with a latest start in random order costs no more than allowed", "[memory]") {
  job_table table;
  ready_queues ready;
  timer_queue timers;
  std::mt19937_64 random{4711};
  for (uint64_t i = 1; i <= jobs; ++i) {
    const auto latest = noon + std::chrono::microseconds{random() % 1'000'000'000};
    table.insert(entry(i));
    ready.add(0, {job_id{i}, latest, i, later_on + i * 1us, 0, static_cast<uint8_t>(i % 10)});
    timers.add({latest, job_id{i}, timer_kind::start_deadline});
  }
  const auto bytes = static_cast<double>(table.memory_bytes() + ready.memory_bytes() + timers.memory_bytes()) / jobs;
  CAPTURE(bytes);
  CHECK(bytes < bytes_per_job_max);
}

TEST_CASE("a job that waits for its time costs no more than allowed", "[memory]") {
  job_table table;
  timer_queue timers;
  std::mt19937_64 random{4711};
  for (uint64_t i = 1; i <= jobs; ++i) {
    const auto due = noon + std::chrono::microseconds{random() % 1'000'000'000};
    table.insert(entry(i));
    timers.add({due, job_id{i}, timer_kind::due});
    timers.add({due + 1h, job_id{i}, timer_kind::start_deadline});
  }
  const auto bytes = static_cast<double>(table.memory_bytes() + timers.memory_bytes()) / jobs;
  CAPTURE(bytes);
  CHECK(bytes < bytes_per_job_max);
}

TEST_CASE("a concurrency key with ready jobs costs no more than the documents say", "[memory]") {
  ready_queues ready;
  for (uint64_t i = 1; i <= jobs; ++i)
    ready.add(0, {job_id{i}, time_point::max(), i, later_on + i * 1us, 0, 5, static_cast<uint32_t>(i)});
  const auto bytes = static_cast<double>(ready.memory_bytes()) / jobs;
  CAPTURE(bytes);
  CHECK(bytes < 1100);
}
