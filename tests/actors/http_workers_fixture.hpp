#pragma once

#include "actors/fleet/http_workers.hpp"
#include "tests/actors/scheduler_fixture.hpp"

namespace callboard {

/// The scheduler with its actor for workers over HTTP, and whoever admits them as the worker supervisor does.
struct http_fixture : scheduler_fixture {
  struct admitted {
    worker_id id;
    uint64_t boot_epoch = 0;
    worker_proxy_actor proxy;
    std::optional<worker_joined> untold;
  };
  admission_actor admission;
  http_workers_actor http;
  std::map<std::string, admitted> members;
  uint64_t number = 0; ///< of the last claim
  std::string session;

  ~http_fixture() {
    stop_http();
  }

  void start_http() {
    admission = sys.spawn(
      [](admission_actor::pointer self, http_fixture* raw) -> admission_actor::behavior_type {
        return {
          [self, raw](node_joins& x) -> caf::result<welcome, worker_link_actor> {
            auto promise = self->make_response_promise<welcome, worker_link_actor>();
            raw->admit(x, promise);
            return promise;
          },
          [raw](node_welcomed& x) {
            for (auto& [name, m] : raw->members)
              if (m.untold && m.proxy.address() == x.link.address())
                caf::anon_send(raw->manager, std::move(*std::exchange(m.untold, std::nullopt)));
          },
        };
      },
      this);
    http_workers_options o;
    o.config = config;
    o.admission = admission;
    o.timekeeper = timer;
    o.clock = clock;
    http = sys.spawn(http_workers, std::move(o));
    settle();
  }
  void stop_http() {
    for (auto& [name, m] : members)
      caf::anon_send_exit(m.proxy, caf::exit_reason::kill);
    members.clear();
    for (const auto& a : {caf::actor_cast<caf::actor>(http), caf::actor_cast<caf::actor>(admission)})
      if (a)
        caf::anon_send_exit(a, caf::exit_reason::kill);
    http = nullptr;
    admission = nullptr;
    settle();
  }
  void start_all() {
    start();
    start_http();
  }
  void kill_all() {
    stop_http();
    kill();
  }

  void admit(node_joins& x, caf::typed_response_promise<welcome, worker_link_actor> promise) {
    CHECK(x.over_http);
    auto& m = members[x.registration.name];
    if (m.proxy && m.boot_epoch == x.registration.boot_epoch)
      caf::anon_send_exit(m.proxy, caf::exit_reason::user_shutdown);
    else
      m.id = worker_id{++next_worker};
    m.boot_epoch = x.registration.boot_epoch;
    worker_proxy_options o;
    o.id = m.id;
    o.registration = x.registration;
    o.node = x.node;
    o.manager = manager;
    o.timekeeper = timer;
    o.cluster = config->cluster;
    o.clock = clock;
    m.proxy = sys.spawn(worker_proxy, std::move(o));
    m.untold = worker_joined{m.id, x.registration, m.proxy, std::make_shared<const std::string>(x.registration.name)};
    promise.deliver(welcome{1, config->cluster.heartbeat.count(), config->cluster.lease.count()},
                    worker_link_actor{m.proxy});
  }

  template <class T>
  using later = std::shared_ptr<std::optional<result<T>>>;
  /// The answer, which may come later.
  template <class Call, class T>
  later<T> call(Call c, answer<T> Call::*reply) {
    auto got = std::make_shared<std::optional<result<T>>>();
    c.*reply = answer<T>{[got](result<T> x) { got->emplace(std::move(x)); }};
    caf::anon_send(http, work_call{std::move(c)});
    settle();
    return got;
  }
  static sign_up_request registration(const std::string& name, uint32_t slots, uint64_t instance = 77) {
    sign_up_request r;
    auto& x = r.registration;
    x.name = name;
    x.boot_epoch = instance;
    x.slots = slots;
    x.types = {"noop"};
    x.versions = x.summaries = x.schemas = {""};
    x.cache_for_us = {0};
    return r;
  }
  result<work_session> sign_up(sign_up_request r) {
    auto got = call(sign_up_call{std::move(r), {}}, &sign_up_call::reply);
    REQUIRE(*got);
    if (**got)
      session = (**got)->token;
    number = 0;
    return **got;
  }
  void join_http(const std::string& name = "py", uint32_t slots = 1) {
    REQUIRE(sign_up(registration(name, slots)));
  }
  later<claim_answer> wait_for_claim(duration wait = std::chrono::seconds{5}, uint32_t max = 10) {
    return call(claim_call{{session, ++number, max, wait}, {}}, &claim_call::reply);
  }
  std::vector<attempt_order> claim() {
    auto got = wait_for_claim(duration{0});
    REQUIRE(*got);
    REQUIRE(**got);
    std::vector<attempt_order> out;
    for (auto& x : (**got)->attempts)
      out.push_back(x.order);
    return out;
  }
  attempt_order claim_one() {
    const auto all = claim();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  later<done> tell(const attempt_order& o, outcome_kind kind = outcome_kind::succeeded, std::string code = {}) {
    outcome_request r;
    r.session = session;
    r.end.job = o.job;
    r.end.fence = o.fence;
    r.end.kind = static_cast<uint8_t>(kind);
    r.end.code = std::move(code);
    return call(outcome_call{std::move(r), {}}, &outcome_call::reply);
  }
  /// A heartbeat.
  result<work_news> renew() {
    auto got = call(renew_call{{session}, {}}, &renew_call::reply);
    REQUIRE(*got);
    return **got;
  }
  void live_for(duration d) {
    for (; d > duration{0}; d -= std::chrono::seconds{1}) {
      REQUIRE(renew());
      advance(std::chrono::seconds{1});
    }
  }
};

template <class T>
ec code_of(const std::shared_ptr<std::optional<result<T>>>& got) {
  REQUIRE(*got);
  return **got ? ec::none : (**got).err().code;
}

} // namespace callboard
