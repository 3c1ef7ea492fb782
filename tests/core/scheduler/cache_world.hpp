#pragma once

#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>

namespace callboard::test {

/// A world whose workers say that noop is pure.
struct cache_world : hand_world {
  cache_world() {
    start();
    w = join_pure("w1", "1.0.0");
  }
  worker_id join_pure(const std::string& name, std::string version, duration cache_for = std::chrono::seconds{60},
                      uint32_t slots = 2) {
    worker_arrival x;
    x.worker = worker_id{++last_};
    x.registration.slots = slots;
    x.registration.local = true;
    x.registration.types = {"noop"};
    x.registration.versions = {std::move(version)};
    x.registration.cache_for_us = {cache_for.count()};
    x.registration.boot_epoch = last_;
    x.name = std::make_shared<const std::string>(name);
    const auto id = x.worker;
    happen(std::move(x));
    settle();
    return id;
  }
  void set_rule(limit_rule r) {
    ask_limit({{limit_kind::type, "noop", {}}, std::move(r), {}, {}});
  }
  void set_cache(std::optional<duration> d) {
    limit_rule r;
    r.cache_for = d;
    set_rule(r);
  }
  static job_builder asks(std::string payload = R"({"x":1})") {
    return job_builder{}.payload(std::move(payload));
  }
  /// A job that ran on the worker, and has this result.
  job_id run(worker_id on, std::string result = "42", std::string payload = R"({"x":1})") {
    const auto id = submit(asks(std::move(payload)).spec());
    attempt_outcome o;
    o.result = blob{std::move(result)};
    end(on, id, o);
    return id;
  }
  /// It has its slot, and the answer of the store is on its way.
  job_id ask_store(job_spec s = asks().spec()) {
    reader_held = true;
    const auto id = submit(std::move(s));
    CHECK(live(id)->has(job_flag::placed));
    CHECK_FALSE(has(w, id));
    return id;
  }
  void answer_reader() {
    reader_held = false;
    settle();
  }
  bool hit(job_id id, job_id source) const {
    const auto i = disk.find(id);
    return i != disk.end() && i->second.state == job_state::completed && i->second.cached_from == source;
  }
  uint32_t taken() const {
    return core.state().ledger.busy_slots();
  }
  bool at_rest() const {
    return taken() == 0 && core.state().ledger.attempts() == 0;
  }

  worker_id w;

private:
  uint64_t last_ = 100;
};

} // namespace callboard::test
