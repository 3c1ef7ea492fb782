#pragma once

#include "core/base/answer.hpp"
#include "tests/sim/scheduler_process.hpp"

#include <optional>

namespace callboard::sim {

/// The network between one worker over HTTP and the scheduler: requests and their answers, each on a connection of its
/// own. They get lost, come late, and overtake each other; a request that its client has given up may still arrive.
/// None outlives the process of the scheduler that it was sent to, as it goes over TCP.
class http_line {
public:
  /// @param client  whose process it is
  http_line(world& w, scheduler_process& s, const weather& sky, sim_worker& who, const life& client)
    : w_(w), scheduler_(s), sky_(sky), who_(who), client_(client) {
  }

  /// @param patience  the request is given up after this long
  /// @param serve     what the scheduler does with it; nothing, when it is lost
  /// @param then      what the client does with the answer; error internal_timeout when none came
  template <class T>
  void ask(const char* what, duration patience, std::function<void(answer<T>)> serve,
           std::function<void(result<T>)> then) {
    const auto x = open(patience, [then](const error& e) { then(e); });
    const auto there = way_there(x);
    if (!there)
      return;
    w_.after(*there, scheduler_.alive(), what, [this, x, serve, then, process = scheduler_.alive().token()] {
      if (x->broken)
        return;
      serve(answer<T>{[this, x, then, process](result<T> r) {
        if (!process->alive)
          return;
        if (const auto back = way_back(x)) {
          auto shared = std::make_shared<result<T>>(std::move(r));
          w_.after(*back, client_, "an answer", [this, x, then, shared] {
            if (close(x))
              then(std::move(*shared));
          });
        }
      }});
    });
  }

  /// All connections break.
  void cut();
  void stall(duration d, bool to_worker, bool to_scheduler);
  void isolate_until(duration t) {
    isolated_until_ = t;
  }
  /// The process that has asked is gone; what it sent is on its way.
  void forget();
  void behave() {
    well_behaved_ = true;
  }

private:
  struct exchange {
    bool open = true;    ///< the client waits for the answer
    bool broken = false; ///< nothing of it arrives any more
    std::function<void(const error&)> fail;
  };
  using exchange_ptr = std::shared_ptr<exchange>;

  exchange_ptr open(duration patience, std::function<void(const error&)> fail);
  bool close(const exchange_ptr& x);
  void fail_after(duration d, const exchange_ptr& x);
  /// Nothing: it does not arrive.
  std::optional<duration> way_there(const exchange_ptr& x);
  std::optional<duration> way_back(const exchange_ptr& x);
  std::optional<duration> travel(duration stalled_until);

  world& w_;
  scheduler_process& scheduler_;
  const weather& sky_;
  sim_worker& who_;
  const life& client_;
  std::vector<exchange_ptr> open_;
  duration stalled_to_worker_{0}, stalled_to_scheduler_{0}, isolated_until_{0};
  bool well_behaved_ = false;
};

} // namespace callboard::sim
