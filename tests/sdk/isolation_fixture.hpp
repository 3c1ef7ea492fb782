#pragma once

#include "handlers/isolated.hpp"
#include "tests/handlers/function_handler.hpp"
#include "tests/handlers/handler_run.hpp"

#include <unistd.h>

#include <atomic>
#include <memory>

namespace callboard::test {

/// A handler in processes of its own.
struct isolation_fixture {
  explicit isolation_fixture(body f, duration kill_grace = std::chrono::seconds{10}) {
    auto inner = std::make_shared<function_handler>("test", std::move(f));
    auto known = std::make_shared<handler_registry>();
    known->add(inner);
    server = std::make_shared<fork_server>(
      [known](descriptor channel) { run_isolated_attempt(std::move(channel), *known); }, [this] { ++losses; });
    isolated = make_isolated(inner, server, kill_grace);
  }
  finished run(recording_context& ctx, const json& payload = json::object()) {
    return test::run(*isolated, payload, ctx);
  }
  finished run(const json& payload = json::object()) {
    recording_context ctx;
    return run(ctx, payload);
  }

  std::shared_ptr<fork_server> server;
  std::shared_ptr<handler> isolated;
  std::atomic<int> losses{0};
};

[[noreturn]] inline void wait_for_ever() {
  for (;;)
    ::pause();
}

} // namespace callboard::test
