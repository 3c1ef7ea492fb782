#pragma once

#include "actors/scheduler/webhooks.hpp"
#include "http/api/no_backend.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "webhooks/webhook_delivery.hpp"

namespace callboard {

/// A stream of events that a test tells.
class told_events final : public event_source {
public:
  event_id last() const override {
    return {boot, all.size()};
  }
  reading read(const event_id& after,
               const std::function<void(const event_id&, const scheduler_event&)>& each) const override {
    if (after.number < forgotten)
      return {{boot, forgotten}, true, true};
    reading r{after, false, false};
    // Two at a time, so that whoever reads has to come back.
    for (; r.seen.number < all.size() && r.seen.number < after.number + 2; r.more = true) {
      r.seen = {boot, r.seen.number + 1};
      each(r.seen, all[r.seen.number - 1]);
    }
    return r;
  }
  void await(const event_id&, std::function<void()> w) override {
    wake = std::move(w);
  }
  std::string json(const event_id& id, const scheduler_event& e) const override {
    return R"({"id":")" + to_string(id) + R"(","kind":")" + std::string{to_string(e.kind)} + "\"}";
  }

  void tell(scheduler_event e) {
    all.push_back(std::move(e));
    if (auto w = std::exchange(wake, nullptr))
      w();
  }

  uint64_t boot = 7;
  uint64_t forgotten = 0; ///< so many are not kept any more
  std::vector<scheduler_event> all;
  std::function<void()> wake;
};

/// A scheduler that remembers the jobs that it was given, and has others that have ended.
class hooked_backend final : public no_backend {
public:
  void submit(submit_request r, reply<std::vector<result<submit_answer>>> done) override {
    ++submits;
    if (refuse)
      return done(error{ec::storage_unavailable, "not now"});
    std::vector<result<submit_answer>> answers;
    for (auto& j : r.jobs) {
      submit_answer a;
      a.id = job_id{1000 + jobs.size()};
      a.duplicate = !keys.insert(j.idempotency_key).second;
      if (!a.duplicate)
        jobs.push_back(j);
      else if (conflict)
        answers.emplace_back(error{ec::idempotency_conflict, "another payload"});
      if (!a.duplicate || !conflict)
        answers.emplace_back(a);
    }
    if (silent)
      held.emplace_back(std::move(done), std::move(answers));
    else
      done(std::move(answers));
  }
  void ended(ended_query q, reply<ended_page> done) override {
    ended_page p;
    p.next.row = ends.size();
    p.complete = true;
    if (!q.only_place) {
      walks.push_back(q.after.row);
      const auto from = std::min<size_t>(q.after.row, ends.size());
      const auto to = std::min(ends.size(), from + q.limit);
      p.jobs.assign(ends.begin() + static_cast<std::ptrdiff_t>(from), ends.begin() + static_cast<std::ptrdiff_t>(to));
      p.next.row = to;
      p.complete = to == ends.size();
    }
    done(std::move(p));
  }
  void limit(limit_target, reply<limit_view> done) override {
    done(limit_view{});
  }

  /// Ids of the deliveries that are jobs.
  std::vector<std::string> delivered() const {
    std::vector<std::string> out;
    for (const auto& j : jobs)
      out.push_back(j.idempotency_key.substr(webhook_prefix.size()));
    return out;
  }

  bool refuse = false, silent = false, conflict = false;
  int submits = 0;
  std::vector<job_spec> jobs;
  std::set<std::string> keys;
  std::vector<std::pair<reply<std::vector<result<submit_answer>>>, std::vector<result<submit_answer>>>> held;
  std::vector<job_record> ends;
  std::vector<uint64_t> walks; ///< where each page began
};

/// The actor with a real store keeper, over a stream and a scheduler that a test plays.
struct webhooks_fixture : scheduler_fixture {
  webhooks_fixture() {
    config->webhooks.cursor_every = std::chrono::seconds{1};
    start();
  }
  ~webhooks_fixture() {
    end_actor();
  }
  void start_webhooks() {
    if (!board)
      board = std::make_shared<webhook_board>(webhook_limits_of(*config));
    webhooks_options o;
    o.config = config;
    o.around = {board, events};
    o.back = back;
    o.keeper = keeper;
    o.timekeeper = timer;
    o.clock = clock;
    actor = sys.spawn(webhooks, std::move(o));
    settle();
  }
  void end_actor() {
    if (actor)
      caf::anon_send_exit(std::exchange(actor, nullptr), caf::exit_reason::kill);
    settle();
    if (board)
      board->connect(nullptr);
  }
  /// The process is gone, and another one begins with what is on the disk.
  void crash() {
    end_actor();
    board = nullptr;
    events = std::make_shared<told_events>();
    ++events->boot;
    kill();
    start();
  }

  static webhook wants(std::string name, const char* kind) {
    webhook w;
    w.name = std::move(name);
    w.url = "http://hooks.example/";
    w.kinds = {kind};
    w.filter.kinds = kinds_named(kind);
    return w;
  }
  result<webhook> put(webhook w, bool create_only = true) {
    return ask_board<webhook>([&](answer<webhook> reply) {
      return webhook_request{webhook_put{std::move(w), create_only, !create_only, std::move(reply)}};
    });
  }
  result<webhook> change(const char* name, webhook_change::action what) {
    return ask_board<webhook>([&](answer<webhook> reply) {
      return webhook_request{webhook_change{name, what, std::move(reply)}};
    });
  }
  template <class T, class Make>
  result<T> ask_board(Make make) {
    std::optional<result<T>> got;
    board->send(make(answer<T>{[&got](result<T> x) { got.emplace(std::move(x)); }}));
    settle();
    if (!got)
      throw std::runtime_error("no answer");
    return std::move(*got);
  }
  /// The end of a job, as the stream tells it and the store has it.
  void end_job(uint64_t number, bool told = true) {
    job_record r;
    r.id = job_id{number};
    r.state = job_state::failed;
    r.attempt = 1;
    r.spec.queue = "mail";
    r.finished_at = r.created_at = now();
    back->ends.push_back(r);
    if (told)
      events->tell(callboard::end_of(r));
    settle();
  }
  static std::string end_id(const char* webhook_name, uint64_t number) {
    return std::string{webhook_name} + "/" + to_string(job_id{number}) + "/job.failed/1";
  }
  std::optional<std::string> fact(const std::string& key) {
    return *disk->inner->meta(key);
  }

  std::shared_ptr<hooked_backend> back = std::make_shared<hooked_backend>();
  std::shared_ptr<told_events> events = std::make_shared<told_events>();
  std::shared_ptr<webhook_board> board;
  webhooks_actor actor;
};

} // namespace callboard
