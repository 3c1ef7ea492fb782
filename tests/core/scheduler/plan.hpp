#pragma once

#include "core/scheduler/dispatcher.hpp"
#include "tests/support/job_builder.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace callboard::test {

/// An index, a ledger and a dispatcher, so that a test of who runs where takes six lines.
class plan {
public:
  explicit plan(dispatch_settings s = {})
    : index_(duration{0}), ledger_(index_.shapes(), limits_, {.enabled = false}),
      dispatcher_(s, index_, ledger_, limits_) {
  }

  class worker_builder {
  public:
    worker_builder(plan& p, std::string name) : plan_(p) {
      facts_.name = std::make_shared<const std::string>(std::move(name));
      facts_.accepts = facts_.member_written = true;
    }
    worker_builder& slots(uint32_t n) {
      offer_.slots = n;
      return *this;
    }
    worker_builder& memory(uint64_t bytes) {
      offer_.memory_bytes = bytes;
      return *this;
    }
    worker_builder& types(const std::vector<std::string>& names) {
      types_ = names;
      return *this;
    }
    worker_builder& unwritten() {
      facts_.member_written = false;
      return *this;
    }
    worker_id add() {
      facts_.slots = offer_.slots;
      for (const auto& t : types_)
        facts_.types.add(static_cast<uint16_t>(*plan_.index_.classes().acquire_type(t)));
      const worker_id w{++plan_.workers_};
      plan_.ledger_.join(w, facts_, offer_, plan_.now);
      return w;
    }

  private:
    plan& plan_;
    seat facts_;
    resource_offer offer_;
    std::vector<std::string> types_{"noop"};
  };
  class job_of {
  public:
    explicit job_of(plan& p) : plan_(p) {
    }
    job_of& queue(std::string name) {
      queue_ = std::move(name);
      return *this;
    }
    job_of& type(std::string name) {
      type_ = std::move(name);
      return *this;
    }
    job_of& priority(uint8_t p) {
      note_.priority = p;
      return *this;
    }
    job_of& key(std::string name) {
      key_ = std::move(name);
      return *this;
    }
    job_of& slots(uint32_t n) {
      asks_.slots = n;
      return *this;
    }
    job_of& memory(uint64_t bytes) {
      asks_.memory_bytes = bytes;
      return *this;
    }
    job_id add() {
      note_.job = job_id{++plan_.jobs_};
      plan_.index_.insert(note_, *plan_.index_.acquire(queue_, type_, key_, asks_), {}, plan_.now);
      return note_.job;
    }

  private:
    plan& plan_;
    job_note note_;
    std::string queue_ = "default", type_ = "noop", key_;
    resource_request asks_;
  };
  worker_builder worker(std::string name = "w") {
    return {*this, std::move(name)};
  }
  job_of job() {
    return job_of{*this};
  }

  void limit(limit_kind kind, const std::string& name, const limit_rule& r, const std::string& key = {}) {
    limits_.set({kind, name, key}, r, now.steady, [](const limit_scope_ptr&) {});
    run();
  }
  void run() {
    limits_.on_time(now.steady);
    dispatcher_.apply_limits(now);
    dispatcher_.run(
      now,
      [this](worker_id w, const ready_queues::pick& p) {
        attempt_slot a;
        a.job = p.entry.id;
        a.worker = w;
        a.asked = index_.shapes().at(p.entry.type).request;
        a.units = dispatcher_.links().units_of({p.queue, p.entry.type, p.entry.lane});
        index_.take(p);
        ledger_.open(fence_token{++fences_}, std::move(a), now);
        at_[p.entry.id] = w;
        order.push_back(p.entry.id);
      },
      [](worker_id, const preempted_attempt&) {});
    if (!checked)
      return;
    index_.sanity_check();
    ledger_.sanity_check();
    dispatcher_.sanity_check();
  }
  /// The job is done; the next are placed.
  void end(job_id id) {
    ledger_.close(*ledger_.of_job(id), now);
    std::vector<job_id> to_arm;
    index_.finish({id, job_ending::completed, true}, now, to_arm);
    run();
  }
  /// Where it runs; no worker: it waits.
  worker_id of(job_id id) const {
    const auto i = at_.find(id);
    return i == at_.end() ? worker_id{} : i->second;
  }
  /// So many attempts of the type took so long.
  void learn(const std::string& type, duration mean, int times = 20) {
    const auto t = static_cast<uint16_t>(*index_.types().find(type));
    for (int i = 0; i < times; ++i)
      dispatcher_.measured().record_run(t, mean);
  }
  slot_ledger& ledger() {
    return ledger_;
  }
  const dispatcher& decides() const {
    return dispatcher_;
  }

  moment now{noon, steady_point{std::chrono::hours{1000}}};
  std::vector<job_id> order;
  bool checked = true; ///< after each run

private:
  job_index index_;
  limit_book limits_;
  slot_ledger ledger_;
  dispatcher dispatcher_;
  std::map<job_id, worker_id> at_;
  uint64_t jobs_ = 0, workers_ = 0, fences_ = 0;
};

inline constexpr worker_id nowhere{};

} // namespace callboard::test
