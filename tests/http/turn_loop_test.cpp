#include "http/api/turn_loop.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace callboard;

TEST_CASE("a loop whose steps go on at once does not fill the stack, and ends when one does not", "[turn_loop]") {
  const auto turns = std::make_shared<int>(0);
  turn_loop::run([turns](std::function<void()> next) {
    if (++*turns < 1'000'000)
      next();
  });
  CHECK(*turns == 1'000'000);
  CHECK(turns.use_count() == 1); // nothing of it is left
}

TEST_CASE("a loop goes on where its step ends, also on another thread", "[turn_loop]") {
  constexpr int last = 2'000;
  const auto turns = std::make_shared<std::atomic<int>>(0);
  std::promise<void> over;
  std::vector<std::thread> threads; // only the step that is under way adds one
  turn_loop::run([&, turns](std::function<void()> next) {
    const int turn = ++*turns;
    if (turn == last)
      return over.set_value();
    if (turn % 10 == 0)
      threads.emplace_back(std::move(next));
    else
      next();
  });
  over.get_future().wait();
  for (auto& t : threads)
    t.join();
  CHECK(*turns == last);
  CHECK(turns.use_count() == 1);
}
