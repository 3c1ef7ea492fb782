#include "handlers/handler.hpp"
#include "handlers/registry.hpp"
#include "tests/handlers/handler_run.hpp"

#include <poll.h>

#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using reason = cancel_token::reason;

namespace {

bool readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
}

} // namespace

TEST_CASE("a token is set once and keeps the first reason") {
  const cancel_token t, same = t;
  REQUIRE_FALSE(t);
  t.cancel(reason::none);
  REQUIRE_FALSE(t);
  same.cancel(reason::timed_out);
  t.cancel(reason::cancelled);
  REQUIRE(t.why() == reason::timed_out);
}

TEST_CASE("a token's descriptor becomes readable, whether it was asked for before or after") {
  const cancel_token before, after, never;
  REQUIRE_FALSE(readable(before.descriptor()));
  before.cancel(reason::lost);
  after.cancel(reason::lost);
  REQUIRE(readable(before.descriptor()));
  REQUIRE(readable(after.descriptor()));
  REQUIRE_FALSE(readable(never.descriptor()));
}

TEST_CASE("waiting for a token ends when it is set, or with the time") {
  const cancel_token t;
  REQUIRE_FALSE(t.wait_for(1ms));
  std::jthread other{[t] { t.cancel(reason::shutdown); }};
  REQUIRE(t.wait_for(1min));
  other.join();
}

TEST_CASE("a token tells that the soft timeout is over, which is no stop", "[soft_timeout]") {
  const cancel_token t, same = t;
  REQUIRE_FALSE(t.soft_timed_out());
  REQUIRE_FALSE(readable(t.soft_timeout_descriptor()));
  REQUIRE_FALSE(t.wait_for_soft_timeout(1ms));
  same.tell_soft_timeout();
  same.tell_soft_timeout();
  REQUIRE(t.soft_timed_out());
  REQUIRE(readable(t.soft_timeout_descriptor()));
  REQUIRE(t.wait_for_soft_timeout(1min));
  REQUIRE_FALSE(t);
  REQUIRE_FALSE(t.wait_for(1ms));
  REQUIRE_FALSE(readable(t.descriptor()));
  t.cancel(reason::cancelled);
  REQUIRE(readable(t.descriptor()));
  REQUIRE(t.soft_timed_out());
  const cancel_token later;
  later.tell_soft_timeout();
  REQUIRE(readable(later.soft_timeout_descriptor())); // that was asked for afterwards
}

TEST_CASE("a token that is cancelled is told of no soft timeout, and ends the wait for one", "[soft_timeout]") {
  const cancel_token t;
  std::jthread other{[t] { t.cancel(reason::shutdown); }};
  REQUIRE(t.wait_for_soft_timeout(1min));
  other.join();
  t.tell_soft_timeout();
  REQUIRE_FALSE(t.soft_timed_out());
  REQUIRE_FALSE(readable(t.soft_timeout_descriptor()));
  const cancel_token waits;
  std::jthread teller{[waits] { waits.tell_soft_timeout(); }};
  REQUIRE(waits.wait_for_soft_timeout(1min));
}

TEST_CASE("a stopped attempt ends by the token's reason") {
  const auto kind = [](reason why) {
    const cancel_token t;
    t.cancel(why);
    return stopped(t).kind;
  };
  REQUIRE(kind(reason::cancelled) == outcome_kind::cancelled);
  REQUIRE(kind(reason::timed_out) == outcome_kind::timed_out);
  REQUIRE(kind(reason::shutdown) == outcome_kind::returned);
  REQUIRE(kind(reason::lost) == outcome_kind::returned);
  REQUIRE(kind(reason::none) == outcome_kind::timed_out);
}

TEST_CASE("the registry has the built-in types and refuses a second of one name") {
  auto r = make_builtin_handlers({});
  REQUIRE(r.types() ==
          std::vector<std::string>{"email_send", "data_processing", "file_upload", "http_request", "exec", "noop"});
  REQUIRE(r.find("exec")->type() == "exec");
  REQUIRE(r.find("bogus") == nullptr);
  REQUIRE_THROWS_AS(r.add(make_noop()), std::invalid_argument);
}

TEST_CASE("noop does what its payload asks") {
  const auto h = make_noop();
  REQUIRE(run(*h, json::object()).result == json{{"ok", true}});
  REQUIRE(run(*h, {{"to", "a@example.com"}}).result == json{{"ok", true}});
  REQUIRE(run(*h, {{"result", {1, 2}}}).result == json{1, 2});
  REQUIRE(run(*h, {{"sleepMs", 1}}).result == json{{"ok", true}});
  REQUIRE(run(*h, {{"stamp", false}}).result == json{{"ok", true}});
  const auto us = [] { return std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds{1}; };
  const auto before = us();
  const auto stamped = run(*h, {{"stamp", true}, {"sleepMs", 20}}).result.at("startedAtUs").get<int64_t>();
  REQUIRE(stamped >= before);
  REQUIRE(stamped <= us() - 20'000);
  require_kind(run(*h, {{"fail", "retryable"}}), outcome_kind::failed_retryable, "NOOP_FAILED");
  require_kind(run(*h, {{"fail", "final"}}), outcome_kind::failed_final, "NOOP_FAILED");
  require_kind(run(*h, {{"fail", nullptr}}), outcome_kind::succeeded);
  recording_context ctx;
  std::jthread other{[&] { ctx.token().cancel(reason::cancelled); }};
  require_kind(run(*h, {{"sleepMs", 60000}}, ctx), outcome_kind::cancelled, "CANCELLED");
  other.join();
}
