#pragma once

#include <deque>
#include <map>
#include <string>

#include "simulate/scheduler_host.hpp"
#include "simulate/simulated_worker.hpp"

namespace callboard::simulate {

/// The workers of a run, and what the scheduler's process knows of their connections and leases.
class simulated_fleet {
public:
  simulated_fleet(timeline& time, chronicle& story, scheduler_host& host, const scenario& plan);
  simulated_fleet(const simulated_fleet&) = delete;
  simulated_fleet& operator=(const simulated_fleet&) = delete;

  /// Workers join when the scenario says so.
  void begin();
  void act(const worker_step& step);
  void on_orders(worker_id w, const node_orders& orders);
  void scheduler_is_up();
  void scheduler_is_gone();

private:
  struct member {
    member(const worker_script& s, simulated_worker::surroundings around) : script(s), node(std::move(around), s) {
    }
    const worker_script& script;
    simulated_worker node;
    bool here = false;   ///< its process
    bool linked = false; ///< its connection
    bool cut = false;    ///< it cannot connect
    uint64_t epoch = 0;  ///< of its process
    uint64_t links = 0;  ///< changes of its connection
    worker_id id;        ///< at the scheduler, with its connection
  };
  struct admitted {
    worker_id id;
    uint64_t epoch;
  };
  bool tell(member& m, worker_news news);
  void join(member& m);
  void connect(member& m);
  void crash(member& m);
  void lose_link(member& m);
  void watch_own_lease(member& m);
  void drain(member& m, std::optional<duration> grace);
  void leave(member& m);
  void say(const member& m, std::string text);
  worker_registration registration_of(const member& m) const;
  member& find(const std::string& name);

  timeline& time_;
  chronicle& story_;
  scheduler_host& host_;
  const scenario& plan_;
  std::deque<member> members_; ///< they stay where they are
  std::map<std::string, admitted> admitted_;
  uint64_t last_id_ = 0;
  uint64_t last_epoch_ = 0;
};

} // namespace callboard::simulate
